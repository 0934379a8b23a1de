//! Whether a key names a credential, by its words.
//!
//! Invariant: words are what camelCase, separators and digits make of the decoded key, so no way of writing
//! it matters; long words count wherever they stand, also glued together, short ones only as whole words
//! (`auth` is one, `author` is not).

use super::{REDACTED, escape};

/// Count anywhere in a key, in lower case and without separators.
const STEMS: [&str; 18] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "signature",
    "credential",
    "bearer",
    "authorization",
    "apikey",
    "privatekey",
    "privkey",
    "accesskey",
    "listenkey",
    "cookie",
    "hmac",
    "jwt",
];

/// Count as whole words.
const WORDS: [&str; 3] = ["auth", "oauth", "pin"];

/// Words that leave the credential's name to the words before them: `api key: …`, `secret value: …`.
pub(super) const FOLLOWERS: [&str; 5] = ["key", "keys", "value", "values", "hex"];

/// Make a credential of a key that also has the word `key` or `pem`, or `sign` as exchanges call a signature.
const KEYS_OF: [&str; 7] = ["api", "access", "private", "listen", "signing", "encryption", "bapi"];

/// Bytes of the shortest signature, in base 64.
const SHORTEST_SIGNATURE: usize = 22;

/// Words of keys such as `tokens_per_minute`, whose numbers are amounts.
const AMOUNTS: [&str; 14] = [
    "per",
    "count",
    "total",
    "used",
    "remaining",
    "available",
    "limit",
    "rate",
    "capacity",
    "age",
    "ttl",
    "expires",
    "expiry",
    "length",
];

/// What a key says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not to be published.
    Credential,
    /// A credential, unless the value is a mask such as `****1853`.
    Mask,
    /// A credential, unless the value is a number.
    Amount,
    /// A credential, if it is as long as one.
    Long,
    /// Nothing secret.
    Plain,
}

impl Kind {
    /// By the words of a key, which may be escaped.
    pub(super) fn of(key: &str) -> Self {
        let words = words(&escape::decoded(key));
        if words == ["sign"] {
            Self::Amount // a signature in queries, and of a position in figures
        } else if words.last().is_some_and(|word| word == "sig") {
            Self::Long // a signature in queries, and short for a signal
        } else if !is_credential(&words) {
            Self::Plain
        } else if words.last().is_some_and(|word| word == "mask") {
            Self::Mask
        } else if words.iter().any(|word| AMOUNTS.contains(&word.as_str())) {
            Self::Amount
        } else {
            Self::Credential
        }
    }

    /// Whether this value, without its quotes, may stay.
    pub(super) fn spares(self, value: &str) -> bool {
        let says_nothing = ["", "null", "none", "true", "false", "{}", "[]"];
        says_nothing.iter().any(|word| value.eq_ignore_ascii_case(word))
            || match self {
                Self::Plain => true,
                Self::Credential => false,
                Self::Mask => value.starts_with('*') && value.trim_start_matches('*').chars().count() <= 4,
                // What is more than one value is looked into.
                Self::Long => {
                    value.len() < SHORTEST_SIGNATURE
                        || value.starts_with(['{', '['])
                        || value.contains(REDACTED)
                }
                Self::Amount => value.parse::<f64>().is_ok_and(f64::is_finite),
            }
    }
}

fn is_credential(words: &[String]) -> bool {
    let glued = words.concat();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    STEMS.iter().any(|stem| glued.contains(stem))
        || WORDS.contains(&glued.as_str())
        || has(&WORDS)
        || has(&["key", "keys", "pem", "sign"]) && has(&KEYS_OF)
}

/// A key's words in lower case: `XMlApiKey_2` is `x`, `ml`, `api`, `key`, `2`.
fn words(key: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut letters = key.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() {
            let begins = !before.is_alphanumeric()
                || before.is_numeric() != letter.is_numeric()
                || letter.is_uppercase()
                    && (!before.is_uppercase() || letters.peek().is_some_and(|next| next.is_lowercase()));
            match words.last_mut() {
                Some(word) if !begins => word.extend(letter.to_lowercase()),
                _ => words.push(letter.to_lowercase().collect()),
            }
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Kind, keys: &[&str]) {
        for key in keys {
            assert_eq!(Kind::of(key), kind, "{key}");
        }
    }

    #[test]
    fn credential_words_count_anywhere_in_a_key() {
        check(
            Kind::Credential,
            &["token", "api_tokens", "secrets", "apiKeys", "token_value", "signature_hex", "api_key_1"],
        );
        check(
            Kind::Credential,
            &[
                "binance_secret_live",
                "auth",
                "pwd",
                "dbpwd",
                "X-MBX-APIKEY",
                "APIKey",
                "API Key",
                "api.v3.key",
            ],
        );
        check(
            Kind::Credential,
            &["AUTH_2", "oauth", "listenKey", "to\\u006ben", "%74oken", "accesstoken", "pin", "bearer"],
        );
        check(Kind::Credential, &["OK-ACCESS-SIGN", "X-BAPI-SIGN", "Set-Cookie", "hmacSha256", "id_jwt"]);
        check(Kind::Credential, &["Proxy-Authorization", "aws_credentials", "privateKeyPem", "basicAuth"]);
    }

    #[test]
    fn other_words_do_not() {
        check(Kind::Plain, &["author", "authority", "authorized", "idempotency_key", "key", "keys", "ping"]);
        check(
            Kind::Plain,
            &["keyboard", "access", "api_monkey", "spin", "event_code", "alias", "passed", ""],
        );
        check(Kind::Plain, &["signal", "signed", "design", "sign_changes", "assign"]);
        check(Kind::Amount, &["sign", "Sign"]);
        check(Kind::Mask, &["token_mask", "apiKeyMask"]);
        check(Kind::Amount, &["tokens_per_minute", "tokenCount", "token_expires_at"]);
    }
}
