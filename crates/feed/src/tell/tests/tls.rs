//! TLS to a receiver: a certificate that is trusted, and one that is not.

use std::{io::ErrorKind, path::Path, process::Command, sync::Arc};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::{server::serve, *};

/// A certificate for this machine that signs itself, and its key, in `dir`. False where there is no openssl.
fn certificate(dir: &Path, name: &str) -> bool {
    let made = Command::new("openssl")
        .current_dir(dir)
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", &format!("/CN={name}"), "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
        .output();
    match made {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        made => {
            let made = made.unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            true
        }
    }
}

fn encrypted(dir: &Path) -> Server {
    let certificate = CertificateDer::from_pem_file(dir.join("own.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("own.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    Server::with(move |stream, requests| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        serve(StreamOwned::new(connection, stream), requests, 200);
    })
}

#[test]
fn a_receiver_is_told_over_tls_where_its_certificate_is_trusted_only() {
    let dir = tempfile::tempdir().unwrap();
    if !certificate(dir.path(), "own") || !certificate(dir.path(), "other") {
        say("SKIPPED: openssl is not installed, so TLS to receivers was not tried");
        return;
    }
    let server = encrypted(dir.path());
    let scene = |ca: &str| {
        let ca = dir.path().join(ca);
        let mut scene = Scene::new(&format!(
            "ca_file: {}\ngroup_wait: 0s\nreceivers: [{{name: hook, kind: webhook, url: 'https://{}/', token_env: SECRET}}]",
            ca.display(),
            server.address
        ));
        scene.look(0, &["page"]);
        scene
    };
    let distrustful = scene("other.pem");
    distrustful.wait_for("aurora_notification_failures_total{receiver=\"hook\"} 1");
    let said = status(&distrustful.telling.desks()).to_string();
    assert!(said.contains("TLS failed: nobody who is trusted") && !said.contains(SECRET), "{said}");
    let trustful = scene("own.pem");
    trustful.wait_for("aurora_notifications_total{receiver=\"hook\",outcome=\"sent\"} 1");
    let requests = server.wait_for(1);
    assert_eq!(requests.len(), 1, "nothing was sent to the one that is not trusted");
    assert!(requests[0].head.contains(SECRET));
}
