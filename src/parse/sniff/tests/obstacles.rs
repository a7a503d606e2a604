//! What stands in the place of content, and content that only speaks of it.

use super::made::{blocked, full_page, html, page};
use crate::parse::sniff::{Body, Kind, Obstacle, classify};

#[test]
fn challenges_are_no_content_whatever_they_replace() {
    let challenges = [
        page("Just a moment...", "<h1>www.cms.gov</h1><p>Verifying you are human.</p>"),
        page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n You don't have permission to access \"http&#58;&#47;&#47;www.cms.gov\" on this server.<P>\nReference&#32;&#35;18&#46;abc\n</BODY>\n</HTML>\n".to_owned(),
        page("", "<iframe id='main-iframe' src='/_Incapsula_Resource?CWUDNSAI=1'>Request unsuccessful. Incapsula incident ID: 1</iframe>"),
        page("", "<p>Request unsuccessful. Incapsula incident ID: 123</p>"),
        "<html><head><META NAME='ROBOTS'></head><iframe src='//content.incapsula.com/jsTest.html' id='gaIframe'></iframe><body>Request unsuccessful. Incapsula incident ID: 12</body></html>".to_owned(),
        "<html><head><meta http-equiv=\"refresh\" content=\"5; URL='/x?bm-verify=AAQ'\" /></head><body>&nbsp;</body></html>".to_owned(),
        page("Challenge Validation", "<div id='sec-if-cpt-container'></div>"),
        page("CMS", "<div class='g-recaptcha'></div><p>Please continue</p>"),
        page("CMS", "<script src='https://geo.captcha-delivery.com/c.js'></script><p>Please wait</p>"),
        page("Federal Register :: Request Access", "<h1>Request Access</h1><p>Due to aggressive automated scraping of the site, access is limited.</p>"),
        page("Request Rejected", "The requested URL was rejected. Please consult with your administrator. Your support ID is: 1"),
        page("403 Forbidden", "<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>"),
        full_page("Access Denied | CMS", "Access Denied", "<p>x</p>"),
        full_page("CMS", "Files", "<form id='challenge-form' action='/x'></form>"),
    ];
    for challenge in &challenges {
        for kind in [Kind::Html, Kind::Zip, Kind::Json] {
            blocked(
                &classify(kind, "application/zip", challenge.as_bytes()),
                Obstacle::Challenge,
            );
        }
    }
    let json = br#"{"sec-cp-challenge": "true","provider":"crypto"}"#;
    blocked(
        &classify(Kind::Json, "application/json", json),
        Obstacle::Challenge,
    );
    let text = b"Request unsuccessful. Incapsula incident ID: 123-456";
    blocked(
        &classify(Kind::Json, "text/plain", text),
        Obstacle::Challenge,
    );
    let xml = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    blocked(
        &classify(Kind::Zip, "application/xml", xml),
        Obstacle::Challenge,
    );
}

#[test]
fn maintenance_and_error_pages_are_no_content() {
    for outage in [
        page(
            "Scheduled Maintenance",
            "<p>CMS.gov will be back on Monday.</p>",
        ),
        page(
            "CMS.gov",
            "<p>The site is temporarily unavailable. Please try again later.</p>",
        ),
        page("CMS", "<h2>We are undergoing scheduled maintenance</h2>"),
        page("Maintenance | CMS", "<p>Hello</p>"),
        page("503 Service Unavailable", "<h1>503</h1>"),
        page(
            "Error | CMS",
            "The website encountered an unexpected error. Please try again later.",
        ),
        full_page(
            "CMS",
            "This application is currently unavailable",
            "<p>x</p>",
        ),
        full_page(
            "Site Under Maintenance - Site under maintenance | CMS",
            "We\u{2019}ll be right back",
            "",
        ),
    ] {
        blocked(&html(&outage), Obstacle::Outage);
    }
}

#[test]
fn licence_login_and_missing_pages_are_no_content() {
    let terms = "CPT codes are copyright. ".repeat(200);
    for licence in [
        page(
            "License for Use of Current Procedural Terminology",
            &format!("<p>{terms}</p><form><input type=submit value='Accept'></form>"),
        ),
        page(
            "CMS",
            &format!(
                "<h2>AMA License Agreement</h2><p>{terms}</p><a href='/files/zip/a.zip'>I Accept</a>"
            ),
        ),
        full_page(
            "Article",
            "Billing",
            &format!("<p>{terms}</p><button id='btnAcceptLicense'>Accept</button>"),
        ),
        full_page(
            "Article",
            "Billing",
            "<a id='btnAcceptLicense' href='#'>OK</a>",
        ),
        page(
            "CMS",
            &format!("<p>Point and Click License Agreement. {terms}</p><button>I agree</button>"),
        ),
    ] {
        blocked(&html(&licence), Obstacle::Licence);
        blocked(
            &classify(Kind::Zip, "", licence.as_bytes()),
            Obstacle::Licence,
        );
    }
    for login in [
        page(
            "Portal",
            "<form><input name=u><input type='PassWord' name=p></form>",
        ),
        full_page("Sign In | CMS", "Sign in", "<p>x</p>"),
        page(
            "CMS",
            "<p>Your session has expired. Please log in again.</p>",
        ),
    ] {
        blocked(&html(&login), Obstacle::Login);
    }
    for missing in [
        full_page(
            "Page not found | CMS",
            "Page Not Found",
            "<p>The page may have moved.</p>",
        ),
        full_page("CMS", "Sorry, that page can\u{2019}t be found", ""),
        full_page("CMS", "<span>Page</span> <em>not</em> found", ""),
        full_page("CMS", "<a href='/'>404</a>", ""),
        page(
            "404 Not Found",
            "<h1>Not Found</h1><p>The requested URL was not found on this server.</p>",
        ),
    ] {
        blocked(&html(&missing), Obstacle::NotFound);
    }
}

#[test]
fn content_that_speaks_of_such_things_is_content() {
    for content in [
        full_page("Skilled Maintenance Therapy | CMS", "Maintenance Programs", "<p>Coverage of maintenance therapy is described.</p>"),
        full_page("Therapy under maintenance programs", "Therapy under maintenance programs", "<p>x</p>"),
        full_page("RVU26A | CMS", "RVU26A", "<p>The site will be down for scheduled maintenance on Saturday.</p>"),
        full_page("Licensed Clinical Social Workers", "Licensed practitioners", "<button>Accept</button><p>Cookies</p>"),
        full_page("CMS", "Claims denied for access", "<p>access denied, captcha, page not found, log in</p>"),
        full_page("CMS", "Login.gov and your account: what changes", "<p>x</p>"),
        full_page("CMS", "Files", "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"),
        full_page("CMS", "Files", "<script src='/_Incapsula_Resource?SWJIYLWA=1'></script>"),
        full_page("CMS", "Files", "<noscript>Please enable JavaScript and cookies</noscript>"),
        page("RVU26A", "<h1>RVU26A</h1><p>During scheduled maintenance use <a href='/files/zip/rvu26a-updated-12-29-2025.zip'>the file</a>.</p>"),
        page("List", "<table><tr><td>2026</td><td>try again later</td></tr></table>"),
        "<p>a fragment without html</p>".to_owned(),
        "\u{feff}<html><body><p>text</p></body></html>".to_owned(),
        "<html><head><meta http-equiv=refresh content='1200;url=/timeout'></head><body>text</body></html>".to_owned(),
    ] {
        assert_eq!(html(&content), Body::Content, "{content}");
    }
}
