use rolecall_authority::{ApiError, Service};
use rolecall_sigv4::{Rejection, WireError};

/// A refused signature in the words of its service.
pub(super) fn rejected(service: Service, rejection: &Rejection, explain: bool) -> ApiError {
    let error = match service {
        Service::Ec2 => rejection.ec2_error(),
        Service::Iam | Service::Sts => rejection.query_error(),
    };
    let mut error = of_wire(error, rejection.to_string());
    if let Some(mismatch) = rejection.mismatch().filter(|_| explain && service != Service::Ec2) {
        error.message.push_str(&mismatch.explain());
    }
    error
}

/// A denial in the words of its service: EC2 has its own.
pub(super) fn in_words_of(service: Service, error: ApiError) -> ApiError {
    if service != Service::Ec2 || error.code != "AccessDenied" {
        return error;
    }
    let message = format!("You are not authorized to perform this operation. {}", error.message);
    ApiError { code: "UnauthorizedOperation", message, ..error }
}

pub(super) fn refused(status: u16, code: &'static str, message: impl Into<String>) -> ApiError {
    ApiError { code, status, message: message.into(), detail: None }
}

fn of_wire(error: WireError, detail: String) -> ApiError {
    let WireError { status, code, message, .. } = error;
    ApiError { code, status, message, detail: Some(detail) }
}
