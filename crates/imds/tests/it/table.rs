//! Runs the case files, and sees that no row was forgotten.

use std::collections::BTreeSet;

use crate::case::parse;

#[test]
fn section_a_token() {
    run(A_TOKEN);
}

#[test]
fn section_b_auth_on_reads() {
    run(B_AUTH_ON_READS);
}

#[test]
fn section_c_paths() {
    run(C_PATHS);
}

#[test]
fn section_d_listings() {
    run(D_LISTINGS);
}

#[test]
fn section_e_iam() {
    run(E_IAM);
}

#[test]
fn section_f_dynamic_and_user_data() {
    run(F_DYNAMIC_AND_USER_DATA);
}

#[test]
fn section_h_containers() {
    run(H_CONTAINERS);
}

/// Every row up to the end-to-end section has a case, or a line `# row N: reason`.
#[test]
fn every_row_has_a_case_or_a_reason() {
    let tested: BTreeSet<u32> = FILES.into_iter().flat_map(parse).map(|case| case.row).collect();
    let reasons = FILES.into_iter().flat_map(str::lines).filter_map(left_out);
    let covered: BTreeSet<u32> = reasons.chain(tested).collect();
    let forgotten: Vec<u32> = (1..=ROWS).filter(|row| !covered.contains(row)).collect();
    assert!(forgotten.is_empty(), "rows {forgotten:?}");
}

#[test]
fn cases_have_names_of_their_own() {
    for file in FILES {
        let mut seen = BTreeSet::new();
        for case in parse(file) {
            assert!(seen.insert((case.row, case.name.clone())), "{} {}", case.row, case.name);
        }
    }
}

fn run(file: &str) {
    let cases = parse(file);
    assert!(!cases.is_empty());
    let failures: Vec<String> = cases
        .iter()
        .map(|case| (case, case.differences()))
        .filter(|(_, differences)| !differences.is_empty())
        .map(|(case, found)| format!("row {}, {}:\n  {}", case.row, case.name, found.join("\n  ")))
        .collect();
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// The row of `# row 12: the server reads bodies`.
fn left_out(line: &str) -> Option<u32> {
    let (row, reason) = line.strip_prefix("# row ")?.split_once(':')?;
    assert!(!reason.trim().is_empty(), "{line}");
    row.parse().ok()
}

/// Up to here one request makes a row; the rest are real clients, end to end.
const ROWS: u32 = 116;

const FILES: [&str; 7] =
    [A_TOKEN, B_AUTH_ON_READS, C_PATHS, D_LISTINGS, E_IAM, F_DYNAMIC_AND_USER_DATA, H_CONTAINERS];
const A_TOKEN: &str = include_str!("../cases/a_token.jsonl");
const B_AUTH_ON_READS: &str = include_str!("../cases/b_auth_on_reads.jsonl");
const C_PATHS: &str = include_str!("../cases/c_paths.jsonl");
const D_LISTINGS: &str = include_str!("../cases/d_listings.jsonl");
const E_IAM: &str = include_str!("../cases/e_iam.jsonl");
const F_DYNAMIC_AND_USER_DATA: &str = include_str!("../cases/f_dynamic_and_user_data.jsonl");
const H_CONTAINERS: &str = include_str!("../cases/h_containers.jsonl");
