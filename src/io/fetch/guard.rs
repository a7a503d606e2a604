//! Which addresses may be contacted at all.
//!
//! A page of CMS, or whoever can forge one, must not be able to make this machine talk to its own
//! network. So: only https to the allowed hosts, and never to an internal address. The latter is
//! checked in two places, for neither is enough: in the resolver, on the very addresses that are
//! then connected to (a name checked earlier may resolve differently a moment later), and on the
//! address itself, because the resolver is never asked for a literal such as `http://127.0.0.1/`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::config::{FetchConfig, InvalidFetchConfig, normal_host, origin};

/// Why an address is not contacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(String);

/// The rules of one configuration.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Vec<String>,
    /// By origin as `url` writes it: where it really is.
    origins: BTreeMap<String, Url>,
}

impl Guard {
    pub(super) fn new(config: &FetchConfig) -> Result<Self, InvalidFetchConfig> {
        let hosts = config.allowed_hosts.iter();
        let mut origins = BTreeMap::new();
        for (from, to) in &config.origins {
            let target = origin(to)?;
            if !matches!(target.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
                let why =
                    "is no target of a mapping: write a literal address, http://127.0.0.1:8080";
                return Err(InvalidFetchConfig::Origin(to.clone(), why));
            }
            origins.insert(origin(from)?.origin().ascii_serialization(), target);
        }
        Ok(Self {
            hosts: hosts
                .map(|host| normal_host(host))
                .collect::<Result<_, _>>()?,
            origins,
        })
    }

    /// Where to send a request for `url`: the address itself, or its place on a mapped origin.
    pub(super) fn admit(&self, url: &Url) -> Result<Url, Refusal> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal(
                "the address holds a user name or password".to_owned(),
            ));
        }
        if let Some(target) = self.origins.get(&url.origin().ascii_serialization()) {
            let mut place = target.clone();
            place.set_path(url.path());
            place.set_query(url.query());
            return Ok(place);
        }
        if url.scheme() != "https" {
            let scheme = url.scheme();
            return Err(Refusal(format!("{scheme} is not contacted, only https")));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some((ip, what)) = literal.and_then(|ip| Some((ip, internal_address(ip)?))) {
            return Err(Refusal(format!("{ip} is {what}, which is not contacted")));
        }
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        if !self.hosts.iter().any(|allowed| covers(allowed, host)) {
            return Err(Refusal(format!(
                "the host {host} is not among the allowed hosts"
            )));
        }
        if url.port().is_some() {
            return Err(Refusal("a port other than 443 is not contacted".to_owned()));
        }
        Ok(url.clone())
    }
}

/// Whether `host` is `allowed` or a subdomain of it.
pub(super) fn covers(allowed: &str, host: &str) -> bool {
    host.strip_suffix(allowed)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The system's resolver without internal addresses.
pub(super) struct PublicResolver;

impl fmt::Debug for PublicResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicResolver")
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public = keep_public(name.as_str(), found)?;
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The public ones among the addresses of `name`; an error when there is none.
fn keep_public(
    name: &str,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Refusal> {
    let mut refused = None;
    let public: Vec<SocketAddr> = found
        .filter(|address| match internal_address(address.ip()) {
            None => true,
            Some(what) => {
                refused = Some((address.ip(), what));
                false
            }
        })
        .collect();
    match refused {
        Some((ip, what)) if public.is_empty() => Err(Refusal(format!(
            "the name {name} leads to {ip}, {what}, which is not contacted"
        ))),
        _ => Ok(public),
    }
}

/// What kind of internal or special address `ip` is; `None` for a public one.
///
/// Of IPv6 only the global unicast block `2000::/3` can be public at all, so what is assigned later
/// is refused until somebody looks at it; addresses that carry an IPv4 address are judged by that.
/// Addresses for documentation (RFC 5737, 3849) are no one's network, so that nothing internal is behind them;
/// they are what hosts of a test network have.
pub fn internal_address(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => internal_v4(ip),
        IpAddr::V6(ip) => internal_v6(ip),
    }
}

fn internal_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [0, ..] => Some("an unspecified address"),
        [127, ..] => Some("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private address"),
        [100, 64..=127, ..] => Some("a carrier's internal address"),
        [169, 254, ..] => Some("a link-local address"),
        [192, 0, 0, _] | [192, 88, 99, _] => Some("a special-purpose address"),
        [198, 18..=19, ..] => Some("a benchmarking address"),
        [224..=239, ..] => Some("a multicast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn internal_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let [_, _, _, _, _, _, high, low] = ip.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        internal_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        // The system itself connects to the IPv4 address in these two (mapped, NAT64).
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => embedded(high, low),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0x2001, 0..=0x1ff, ..] => Some("a special-purpose address"),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(hosts: &[&str], origins: &[(&str, &str)]) -> Guard {
        let mut config = FetchConfig::new("mailto:it@practice.example");
        config.allowed_hosts = hosts.iter().map(|&host| host.to_owned()).collect();
        config.origins = origins
            .iter()
            .map(|&(from, to)| (from.to_owned(), to.to_owned()))
            .collect();
        Guard::new(&config).unwrap()
    }

    fn admit(guard: &Guard, url: &str) -> Result<String, String> {
        guard
            .admit(&Url::parse(url).unwrap())
            .map(String::from)
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn only_https_to_allowed_hosts_and_their_subdomains_is_admitted() {
        let guard = guard(&["cms.gov"], &[]);
        for good in [
            "https://cms.gov/",
            "https://www.cms.gov/a?b=c",
            "https://API.coverage.CMS.gov./x",
            "https://www.cms.gov:443/",
        ] {
            assert!(admit(&guard, good).is_ok(), "{good}");
        }
        for bad in [
            "http://www.cms.gov/",
            "https://cms.gov.evil.example/",
            "https://evilcms.gov/",
            "https://www.cms.gov:8443/",
            "https://user@www.cms.gov/",
            "ftp://www.cms.gov/",
            "file:///etc/passwd",
            "data:text/html,x",
            "https://localhost/",
        ] {
            assert!(admit(&guard, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn literal_internal_addresses_are_refused_in_every_spelling_even_when_allowed() {
        let guard = guard(&["127.0.0.1", "10.0.0.1", "[::1]"], &[]);
        for bad in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://017700000001/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fd00::1]/",
        ] {
            let refusal = admit(&guard, bad).unwrap_err();
            assert!(
                refusal.contains("which is not contacted"),
                "{bad}: {refusal}"
            );
        }
    }

    #[test]
    fn a_mapped_origin_is_contacted_exactly_where_it_is_mapped_to() {
        let guard = guard(
            &["cms.gov"],
            &[("https://www.cms.gov", "http://127.0.0.1:9000")],
        );
        assert_eq!(
            admit(&guard, "https://www.cms.gov/a/b?c=%2F#d").as_deref(),
            Ok("http://127.0.0.1:9000/a/b?c=%2F")
        );
        assert!(admit(&guard, "http://127.0.0.1:9000/a").is_err());
        assert!(admit(&guard, "http://127.0.0.1:9001/a").is_err());
        assert_eq!(
            admit(&guard, "https://downloads.cms.gov/").as_deref(),
            Ok("https://downloads.cms.gov/")
        );
    }

    #[test]
    fn a_mapping_to_a_name_is_refused() {
        let mut config = FetchConfig::new("x");
        config
            .origins
            .insert("https://www.cms.gov".into(), "http://localhost:1".into());
        assert!(matches!(
            Guard::new(&config),
            Err(InvalidFetchConfig::Origin(..))
        ));
    }

    #[test]
    fn internal_addresses_are_known() {
        for ip in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::",
            "::127.0.0.1",
            "100::1",
            "5f00::1",
        ] {
            assert!(internal_address(ip.parse().unwrap()).is_some(), "{ip}");
        }
        for ip in [
            "8.8.8.8",
            "23.45.67.89",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "198.20.0.1",
            "192.0.2.1",
            "198.51.100.7",
            "2001:db8::1",
            "2600:1400::1",
            "2a02:26f0::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert_eq!(internal_address(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn a_name_with_an_internal_address_is_contacted_at_its_public_ones_only() {
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 0);
        let kept = keep_public("x.cms.gov", [at("127.0.0.1"), at("8.8.8.8")].into_iter());
        assert_eq!(kept, Ok(vec![at("8.8.8.8")]));
        let refused = keep_public("x.cms.gov", [at("127.0.0.1")].into_iter()).unwrap_err();
        assert!(refused.to_string().contains("x.cms.gov leads to 127.0.0.1"));
        assert_eq!(keep_public("x.cms.gov", std::iter::empty()), Ok(vec![]));
    }
}
