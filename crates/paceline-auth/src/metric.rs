//! The metrics of identification and certificates: their names and meanings.

use metrics::{Unit, describe_counter, describe_gauge};

pub(crate) const IDENTIFIED: &str = "paceline_auth_identified_total";
pub(crate) const REFUSED: &str = "paceline_auth_refused_total";
pub(crate) const KEY_FETCHES: &str = "paceline_auth_key_fetches_total";
pub(crate) const KEYS: &str = "paceline_auth_keys";
pub(crate) const CERTIFICATE_DAYS: &str = "paceline_tls_certificate_expiry_days";
pub(crate) const RELOADS: &str = "paceline_tls_reloads_total";

/// Describes the metrics of identification and certificates to the installed recorder.
pub fn describe() {
    describe_counter!(
        IDENTIFIED,
        Unit::Count,
        "requests of which it is known who asks, by how: token or certificate"
    );
    describe_counter!(REFUSED, Unit::Count, "requests of nobody known, by what was wrong");
    describe_counter!(
        KEY_FETCHES,
        Unit::Count,
        "times that the keys of the identity provider were asked for, by outcome: ok or failed"
    );
    describe_gauge!(KEYS, Unit::Count, "keys of the identity provider that are known");
    describe_gauge!(
        CERTIFICATE_DAYS,
        Unit::Count,
        "days until the certificate that the server shows expires"
    );
    describe_counter!(
        RELOADS,
        Unit::Count,
        "times that changed certificate files were read, by outcome: ok or failed"
    );
}
