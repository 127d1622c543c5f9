use crate::error::ApiError;
use crate::params::Params;
use crate::state::Instance;

/// `Filter.N`: an instance passes if every filter has a value of it.
///
/// LIMIT: `*` and `?` in a value stand for themselves.
pub(super) struct Filters<'a>(Vec<(By<'a>, Vec<&'a str>)>);

/// What a filter looks at.
enum By<'a> {
    InstanceId,
    PrivateIp,
    State,
    Tag(&'a str),
    VpcId,
}

impl<'a> Filters<'a> {
    pub(super) fn read(params: &'a Params) -> Result<Self, ApiError> {
        let filters = (1..=params.list_len("Filter")).map(|n| {
            let name = params.get(&format!("Filter.{n}.Name")).unwrap_or_default();
            let by = By::read(name).ok_or_else(|| {
                ApiError::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))
            })?;
            let value = |m: usize| params.get(&format!("Filter.{n}.Value.{m}"));
            Ok((by, (1..).map_while(value).collect()))
        });
        filters.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn pass(&self, instance: &Instance) -> bool {
        self.0.iter().all(|(by, values)| values.iter().any(|value| by.is(instance, value)))
    }
}

impl<'a> By<'a> {
    fn read(name: &'a str) -> Option<Self> {
        Some(match name {
            "instance-id" => Self::InstanceId,
            "instance-state-name" => Self::State,
            "private-ip-address" => Self::PrivateIp,
            "vpc-id" => Self::VpcId,
            _ => Self::Tag(name.strip_prefix("tag:")?),
        })
    }

    fn is(&self, instance: &Instance, value: &str) -> bool {
        match self {
            Self::InstanceId => instance.id.as_str() == value,
            Self::PrivateIp => instance.private_ip.to_string() == value,
            Self::State => value == "running",
            Self::Tag(key) => instance.tags.iter().any(|tag| tag.key == *key && tag.value == value),
            Self::VpcId => instance.vpc_id == value,
        }
    }
}
