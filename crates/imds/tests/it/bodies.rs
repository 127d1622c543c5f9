//! The bodies that cases name instead of repeating them.

pub(crate) const NOT_FOUND: &str = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>
<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"
\t\t \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">
<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">
 <head>
  <title>404 - Not Found</title>
 </head>
 <body>
  <h1>404 - Not Found</h1>
 </body>
</html>
";

/// `GET /`, contract/imds.md section 1.5.
pub(crate) const VERSIONS: &str = "\
1.0\n2007-01-19\n2007-03-01\n2007-08-29\n2007-10-10\n2007-12-15\n2008-02-01\n2008-09-01\n\
2009-04-04\n2011-01-01\n2011-05-01\n2012-01-12\n2014-02-25\n2014-11-05\n2015-10-20\n2016-04-19\n\
2016-06-30\n2016-09-02\n2018-03-28\n2018-08-17\n2018-09-24\n2019-10-01\n2020-10-27\n2021-01-03\n\
2021-03-23\n2021-07-15\n2022-09-24\n2024-04-11\n2025-10-04\n2026-04-15\nlatest";

/// For reads with a token.
pub(crate) const CREDENTIALS: &str = r#"{
  "Code" : "Success",
  "LastUpdated" : "2027-01-15T08:00:00Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "ASIAIOSFODNN7EXAMPL2",
  "SecretAccessKey" : "v2alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  "Token" : "IQoJb3JpZ2luX2VjEXAMPLEv2==",
  "Expiration" : "2027-01-15T14:06:00Z"
}"#;

/// For reads without one.
pub(crate) const CREDENTIALS_V1: &str = r#"{
  "Code" : "Success",
  "LastUpdated" : "2027-01-15T08:00:00Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "ASIAIOSFODNN7EXAMPL1",
  "SecretAccessKey" : "v1alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  "Token" : "IQoJb3JpZ2luX2VjEXAMPLEv1==",
  "Expiration" : "2027-01-15T14:06:00Z"
}"#;

/// `security-credentials-extended`: the same and the account.
pub(crate) fn extended(credentials: &str) -> String {
    let head = credentials.strip_suffix("\n}").unwrap();
    format!("{head},\n  \"AccountId\" : \"123456789012\"\n}}")
}
