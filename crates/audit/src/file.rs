use rolecall_identity::{AccountId, Timestamp};

/// Where a log file stands below the trail's folder. `unique` is 16 letters and digits.
///
/// The time in the name is that of delivery; records may be older.
pub fn log_file_path(
    account: AccountId,
    region: &str,
    delivered: Timestamp,
    unique: &str,
) -> String {
    let date = delivered.scope_date().to_string();
    let (year, rest) = date.split_at_checked(4).unwrap_or_default();
    let (month, day) = rest.split_at_checked(2).unwrap_or_default();
    let basic = delivered.amz_date().to_string();
    let minute = basic.get(..13).unwrap_or_default();
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{year}/{month}/{day}/\
         {account}_CloudTrail_{region}_{minute}Z_{unique}.json.gz"
    )
}

/// The uncompressed text of a log file, from records that are JSON already.
pub fn records_document<'a>(records: impl IntoIterator<Item = &'a str>) -> String {
    let mut document = String::from("{\"Records\":[");
    for (index, record) in records.into_iter().enumerate() {
        if index > 0 {
            document.push(',');
        }
        document.push_str(record);
    }
    document.push_str("]}");
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_holds_its_records() {
        assert_eq!(records_document([]), r#"{"Records":[]}"#);
        assert_eq!(records_document(["{}", r#"{"a":1}"#]), r#"{"Records":[{},{"a":1}]}"#);
    }
}
