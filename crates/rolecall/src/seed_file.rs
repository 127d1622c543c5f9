use std::path::Path;

use rolecall_authority::seed::Seed;

use crate::failure::Failure;
use crate::place::Place;

/// The default world, in the format of every seed.
pub(crate) const DEVELOPMENT: &str = include_str!("development.toml");

/// Reads a seed file, or the default one.
pub(crate) fn read(path: Option<&Path>) -> Result<Seed, Failure> {
    let Some(path) = path else { return parse("the default seed", DEVELOPMENT) };
    let shown = format!("seed file `{}`", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&shown, &text),
        Err(error) => Err(Failure::configuration(
            format!("cannot read {shown}"),
            vec![error.to_string()],
            vec![],
        )),
    }
}

fn parse(shown: &str, text: &str) -> Result<Seed, Failure> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let place = error.span().map(|span| Place::of(text, &span));
        let message = error.message();
        let cause = match &place {
            Some(place) => place.show(message),
            None => message.to_owned(),
        };
        let hints = suggestion(message).into_iter().collect();
        Failure::configuration(format!("{shown} is not valid"), vec![cause], hints)
    })
}

/// For ``unknown field `regoin`, expected one of `account`, `region` ``: the nearest of them.
fn suggestion(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (unknown, expected) = rest.split_once('`')?;
    let known = expected.split('`').skip(1).step_by(2);
    let nearest = known
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2)?;
    Some(format!("did you mean `{}`?", nearest.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_world_reads() {
        assert!(read(None).is_ok());
    }

    #[test]
    fn the_examples_of_the_default_world_read() {
        let lines = DEVELOPMENT.lines().filter_map(|line| line.strip_prefix("# "));
        let is_toml = |line: &&str| line.starts_with('[') || line.contains(" = ");
        let examples: Vec<&str> = lines.filter(is_toml).collect();
        let read: Seed =
            toml::from_str(&format!("{DEVELOPMENT}\n{}", examples.join("\n"))).unwrap();
        assert_eq!((read.tasks.len(), read.pod_identity.len(), read.networks.len()), (1, 1, 1));
        assert_eq!(read.pod_identity[0].associations.len(), 1);
        assert_eq!((read.imds.len(), read.instances[0].metadata.len()), (1, 3));
    }

    #[test]
    fn a_mistyped_key_gets_the_nearest() {
        let message = "unknown field `regoin`, expected one of `account`, `region`, `user`";
        assert_eq!(suggestion(message).as_deref(), Some("did you mean `region`?"));
        assert_eq!(suggestion("unknown field `zzzz`, expected `account`"), None);
    }
}
