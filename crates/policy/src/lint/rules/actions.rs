//! Actions that do not exist.

use super::Scope;
use crate::lint::actions;
use crate::lint::view::Word;
use crate::lint::{Code, Finding};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    scope.statement.action_values().iter().filter_map(|word| unknown(*word)).collect()
}

fn unknown(word: Word<'_>) -> Option<Finding> {
    let (vendor, name) = word.text.split_once(':')?;
    if name.contains("${") || actions::is_known(vendor, name)? {
        return None;
    }
    let message = match name.contains(['*', '?']) {
        true => format!("no action matches `{}`", word.text.escape_debug()),
        false => format!("there is no action `{}`", word.text.escape_debug()),
    };
    let finding = Finding::new(Code::UnknownAction, word.span, message);
    Some(match actions::suggestion(vendor, name) {
        Some(suggestion) => finding.hint(format!("did you mean `{suggestion}`?")),
        None => finding,
    })
}
