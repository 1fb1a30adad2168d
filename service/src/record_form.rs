//! The fields of a request that creates or changes an account, and their validation in two steps
//! (`docs/protocol.md`, "Records").

use crate::response::{ApiResult, internal_error};
use crate::store::accounts::Account;
use crate::store::collections::{Collection, FieldKind};
use crate::validation::ValidationErrors;
use crate::{ids, passwords};
use serde_json::{Map, Value};

/// The fields of a request. No `Debug`, since they contain passwords.
pub struct RecordForm<'a> {
    pub collection: &'a Collection,
    pub fields: &'a Map<String, Value>,
    /// Whether a superuser sends the request.
    pub is_superuser: bool,
}

impl RecordForm<'_> {
    /// Sets all fields of an account except its password. Unknown fields are ignored.
    pub fn load(&self, account: &mut Account) {
        for (name, value) in self.fields {
            let is_true = || FieldKind::Bool.convert(value) == true;
            let field = self.collection.fields.iter().find(|it| it.name == *name);
            match (name.as_str(), field) {
                ("id", _) => account.id = self.text("id"),
                ("email", _) => account.email = self.text("email"),
                ("emailVisibility", _) => account.email_visibility = is_true(),
                ("verified", _) => account.verified = is_true(),
                (_, Some(field)) => {
                    let value = field.kind.convert(value);
                    account.fields.insert(name.clone(), value);
                }
                (_, None) => {}
            }
        }
    }

    /// Validates a loaded account, `old` before the request unless it is new, and sets its password.
    /// An error has the message `failed`.
    pub async fn finish(
        &self,
        account: &mut Account,
        old: Option<&Account>,
        cost: u32,
        failed: &str,
    ) -> ApiResult<()> {
        self.check_access(account, old)
            .await
            .into_result_of(failed)?;
        self.check_values(account, old).into_result_of(failed)?;
        if account.id.is_empty() {
            account.id = ids::uuid();
        }
        // BosBase verifies every superuser.
        account.verified |= self.collection.is_superusers();
        let password = self.text("password");
        if !password.is_empty() {
            let hash = passwords::hash(password, cost).await;
            account.password_hash = hash.ok_or_else(|| internal_error("invalid bcrypt cost"))?;
        }
        Ok(())
    }

    /// Checks the fields that depend on who sends the request.
    async fn check_access(&self, account: &Account, old: Option<&Account>) -> ValidationErrors {
        let mut errors = ValidationErrors::default();
        if !self.is_superuser {
            errors.equal(
                "email",
                &account.email,
                old.map_or(&account.email, |it| &it.email),
            );
            errors.equal(
                "verified",
                account.verified,
                old.is_some_and(|it| it.verified),
            );
        }
        let [password, confirm, old_password] =
            ["password", "passwordConfirm", "oldPassword"].map(|name| self.text(name));
        errors.equal("passwordConfirm", &confirm, &password);
        let is_set = |strings: [&String; 2]| strings.iter().any(|string| !string.is_empty());
        if old.is_none() || is_set([&confirm, &old_password]) {
            errors.required("password", &password, usize::MAX);
        }
        if old.is_none() || is_set([&password, &old_password]) {
            errors.required("passwordConfirm", &confirm, usize::MAX);
        }
        let Some(old) = old.filter(|_| !self.is_superuser && is_set([&password, &confirm])) else {
            return errors;
        };
        if old_password.is_empty() {
            errors.required("oldPassword", "", usize::MAX);
        } else if !passwords::verify(old_password, old.password_hash.clone()).await {
            let message = "Missing or invalid old password.";
            errors.add("oldPassword", "validation_invalid_old_password", message);
        }
        errors
    }

    fn check_values(&self, account: &Account, old: Option<&Account>) -> ValidationErrors {
        let mut errors = ValidationErrors::default();
        match old {
            Some(old) if account.id != old.id => {
                let message = "The record primary key cannot be changed.";
                errors.add("id", "validation_pk_change", message);
            }
            None if !account.id.is_empty() => errors.new_id("id", &account.id),
            _ => {}
        }
        if self.fields.contains_key("password") {
            errors.new_password("password", &self.text("password"));
        }
        errors.email("email", &account.email, usize::MAX);
        for field in &self.collection.fields {
            let value = account.fields.get(&field.name).and_then(Value::as_str);
            if field.kind == FieldKind::Text {
                errors.max_characters(&field.name, value.unwrap_or_default(), field.max);
            }
        }
        errors
    }

    /// Returns the field `name` as a string, or an empty string.
    fn text(&self, name: &str) -> String {
        let value = self.fields.get(name).map(|it| FieldKind::Text.convert(it));
        value
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }
}
