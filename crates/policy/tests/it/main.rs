//! What contract/policy.md says, section by section.

// Clippy lets tests unwrap and index; it takes the helpers for tests only by this.
#![cfg(test)]

mod bad_input;
mod case_tables;
mod lint;
mod properties;
mod reference;
mod section_1_grammar;
mod section_2_operators;
mod section_3_evaluation;
mod section_4_messages;
mod section_6_ec2_credentials;
mod section_7_validation;
mod section_8_pitfalls;
mod situation;
mod world;
