//! A network of its own for a test: all hosts of CMS under their real names, over TLS, on this machine
//! only.
//!
//! The test runs itself again in a network namespace that has nothing but a loopback device: nothing
//! can leave it. There `/etc/hosts` names the hosts, their one address belongs to the loopback device, and
//! a certificate authority made for the run is the only one that is trusted.
#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::cms::FakeCms;

/// One of the addresses that are set aside for examples and never on the Internet (RFC 5737).
const ADDRESS: &str = "192.0.2.1";

/// The folder of a run, for the part of the test that is inside.
const FOLDER: &str = "COVERD_TEST_NETWORK";

/// Runs `test`, an ignored one of this program, in a network where `hosts` are this machine.
/// Where namespaces are not to be had it says so; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
pub(crate) fn run_inside(test: &str, hosts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut names = "127.0.0.1 localhost\n".to_owned();
    for host in hosts {
        let _ = writeln!(names, "{ADDRESS} {host}");
    }
    std::fs::write(folder.path().join("hosts"), names).unwrap();
    certify(folder.path(), hosts);
    if !is_possible() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no network namespace can be made here, and CI must have run this test"
        );
        eprintln!("SKIPPED: no network namespace can be made here (unshare, ip)");
        return;
    }
    let status = namespace()
        .arg(std::env::current_exe().unwrap())
        .args([
            test,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder.path())
        .env("SSL_CERT_FILE", folder.path().join("ca.pem"))
        .env_remove("SSL_CERT_DIR")
        .status()
        .unwrap();
    assert!(status.success(), "inside of the network: {status}");
}

/// A command that runs in new namespaces of network and mounts, and ends with this process.
fn namespace() -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--net",
        "--mount",
        "--map-root-user",
        "--fork",
        "--kill-child",
    ]);
    command.stdin(Stdio::null());
    command
}

fn is_possible() -> bool {
    let tried = namespace()
        .args([
            "sh",
            "-c",
            "ip link set lo up && mount --bind /etc/hosts /etc/hosts",
        ])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// An authority, and a certificate of it for all hosts.
fn certify(folder: &Path, hosts: &[&str]) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority
        .distinguished_name
        .push(DnType::CommonName, "authority of a test");
    let certificate = authority.self_signed(&key).unwrap();
    std::fs::write(folder.join("ca.pem"), certificate.pem()).unwrap();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let signed = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    std::fs::write(folder.join("hosts.der"), signed.der()).unwrap();
    std::fs::write(folder.join("key.der"), key.serialize_der()).unwrap();
}

/// Inside: the folder of the run, after the network is up. `None` outside.
pub(crate) fn enter() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os(FOLDER)?);
    let run = |command: &[&str]| {
        let status = Command::new(command[0]).args(&command[1..]).status();
        assert!(status.unwrap().success(), "{command:?}");
    };
    run(&["ip", "link", "set", "lo", "up"]);
    run(&["ip", "address", "add", ADDRESS, "dev", "lo"]);
    let hosts = folder.join("hosts");
    run(&["mount", "--bind", hosts.to_str().unwrap(), "/etc/hosts"]);
    Some(folder)
}

/// Inside: lets the hosts be answered for by `cms`, over TLS on their own port. It ends with the
/// program.
pub(crate) fn serve_tls(folder: &Path, cms: &FakeCms) {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![read("hosts.der").into()],
            PrivatePkcs8KeyDer::from(read("key.der")).into(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let behind = cms.address();
    let listener = std::net::TcpListener::bind((ADDRESS, 443)).unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not like the certificate is no matter of the server.
                    let Ok(mut outside) = acceptor.accept(stream).await else {
                        return;
                    };
                    let Ok(mut inside) = tokio::net::TcpStream::connect(behind).await else {
                        return;
                    };
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
    });
}
