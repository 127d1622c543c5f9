/// A dated version of the tree, or `latest`, which is the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(usize);

impl Version {
    /// The first.
    pub(crate) const FIRST: Self = Self(0);
    /// The newest; `latest` shows it.
    pub(crate) const LATEST: Self = Self(VERSIONS.len() - 1);

    /// The version that a path begins with, and the path below it.
    pub(crate) fn of_path(path: &str) -> Option<(Self, &str)> {
        // Nearly every path: no need to look for its first slash.
        if let Some(below) = path.strip_prefix("latest/") {
            return Some((Self::LATEST, below));
        }
        let (name, below) = path.split_once('/').unwrap_or((path, ""));
        Some((Self::parse(name)?, below))
    }

    /// A version by its name in a path.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if name == "latest" {
            return Some(Self::LATEST);
        }
        VERSIONS.iter().position(|&known| known == name).map(Self)
    }
}

/// The version that a leaf appeared in.
pub(crate) fn since(date: &str) -> Version {
    debug_assert!(Version::parse(date).is_some(), "`{date}` is not a version");
    Version::parse(date).unwrap_or(Version::LATEST)
}

/// The answer of `GET /`.
pub(crate) fn listing() -> String {
    let mut names = VERSIONS.to_vec();
    names.push("latest");
    names.join("\n")
}

/// Source: contract/imds.md section 1.5.
const VERSIONS: [&str; 30] = [
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "2021-07-15",
    "2022-09-24",
    "2024-04-11",
    "2025-10-04",
    "2026-04-15",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_has_the_length_seen_at_aws() {
        assert_eq!(listing().len(), 329);
    }

    #[test]
    fn unknown_dates_are_no_versions() {
        for unknown in ["2021-03-24", "0000-00-00", "Latest", ""] {
            assert_eq!(Version::parse(unknown), None, "{unknown}");
        }
        assert_eq!(Version::parse("latest"), Version::parse("2026-04-15"));
        assert_eq!(Version::parse("2012-01-12"), Some(since("2012-01-12")));
    }
}
