use rolecall_identity::{AccountId, SessionTag, Timestamp};
use rolecall_policy::{
    Named, PolicySet, Request, RequestContext, RequestPrincipal, evaluate_trust,
};

use crate::state::Role;

/// A service that assumes a role for what it runs.
pub(crate) struct ServiceAssumes<'a> {
    /// `ec2.amazonaws.com`
    pub(crate) service: &'a str,
    /// The role's account.
    pub(crate) account: AccountId,
    pub(crate) role: &'a Role,
    pub(crate) session_name: &'a str,
    /// What the service acts for: `aws:SourceArn`, `aws:SourceAccount`.
    pub(crate) source: Option<(&'a str, AccountId)>,
    pub(crate) tags: &'a [SessionTag],
}

impl ServiceAssumes<'_> {
    /// Whether the role's trust policy lets the service do each of `actions`.
    pub(crate) fn is_trusted_with(&self, actions: &[&str], now: Timestamp) -> bool {
        let (role_arn, context) = (&self.role.arn, self.context(now));
        let trust = Named { name: "trust policy", policy: &self.role.trust.policy };
        actions.iter().all(|action| {
            let request = Request {
                principal: RequestPrincipal::Service { name: self.service },
                action,
                resource: role_arn,
                resource_account: Some(self.account),
                context: &context,
            };
            evaluate_trust(trust, &PolicySet::default(), &request).is_allowed()
        })
    }

    /// Source: IAM user guide, "AWS global condition context keys"; EKS user guide, "Create IAM role
    /// with trust policy required by EKS Pod Identity"; ECS developer guide, "Task IAM role".
    fn context(&self, now: Timestamp) -> RequestContext<'_> {
        let mut context = RequestContext::default();
        context.set("aws:CurrentTime", now.iso8601().to_string());
        context.set("sts:RoleSessionName", self.session_name);
        if let Some((arn, account)) = self.source {
            context.set("aws:SourceArn", arn);
            context.set("aws:SourceAccount", account.to_string());
        }
        for tag in self.tags {
            context.set(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
        }
        let keys = |tag: &SessionTag| tag.key.clone();
        context.set_many("aws:TagKeys", self.tags.iter().map(keys));
        let transitive = self.tags.iter().filter(|tag| tag.transitive);
        context.set_many("sts:TransitiveTagKeys", transitive.map(keys));
        context
    }
}
