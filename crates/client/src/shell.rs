use rolecall_identity::Credentials;
use serde_json::{Map, Value};

use crate::environment::variables;

/// A shell that can set variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// bash, zsh, sh
    Bash,
    /// cmd.exe
    Cmd,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

impl Shell {
    /// The line that sets a variable, its value quoted.
    pub fn export(self, name: &str, value: &str) -> String {
        match self {
            Self::Bash => format!("export {name}='{}'", value.replace('\'', "'\\''")),
            Self::Cmd => format!("set \"{name}={}\"", value.replace('%', "%%")),
            Self::Fish => {
                let value = value.replace('\\', "\\\\").replace('\'', "\\'");
                format!("set -gx {name} '{value}'")
            }
            Self::Powershell => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        }
    }
}

/// Credentials as variables.
pub fn exports(credentials: &Credentials) -> Vec<(&'static str, String)> {
    let mut exports = vec![
        (variables::ACCESS_KEY_ID, credentials.access_key_id.to_string()),
        (variables::SECRET_ACCESS_KEY, credentials.secret_access_key.expose().to_owned()),
    ];
    let token = credentials.session_token.as_ref();
    exports.extend(token.map(|token| (variables::SESSION_TOKEN, token.expose().to_owned())));
    let end = credentials.expiration;
    exports.extend(end.map(|end| (variables::CREDENTIAL_EXPIRATION, end.iso8601().to_string())));
    exports
}

/// Credentials as an SDK's `credential_process` reads them.
/// Source: AWS SDKs and Tools reference guide, "Process credential provider".
pub fn credential_process(credentials: &Credentials) -> String {
    let mut document = Map::new();
    document.insert("Version".into(), 1.into());
    document.insert("AccessKeyId".into(), credentials.access_key_id.as_str().into());
    document.insert("SecretAccessKey".into(), credentials.secret_access_key.expose().into());
    if let Some(token) = &credentials.session_token {
        document.insert("SessionToken".into(), token.expose().into());
    }
    if let Some(end) = credentials.expiration {
        document.insert("Expiration".into(), end.iso8601().to_string().into());
    }
    Value::Object(document).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_their_shell() {
        for (shell, line) in [
            (Shell::Bash, "export N='a'\\''b\\c%d'"),
            (Shell::Cmd, "set \"N=a'b\\c%%d\""),
            (Shell::Fish, "set -gx N 'a\\'b\\\\c%d'"),
            (Shell::Powershell, "$Env:N = 'a''b\\c%d'"),
        ] {
            assert_eq!(shell.export("N", "a'b\\c%d"), line);
        }
    }
}
