//! The paragraphs of a part of a page.
//!
//! Where a page is well nested and the part is named simply (an element, an id, a class), one pass over
//! its tags finds it, some twenty times as fast as a tree. Everything else goes through the tree, which
//! is the definition: both say the same of the same page.

use scraper::{ElementRef, Html, Node, Selector};

use super::blocks::{Page, is_hidden};
use super::stream;
use crate::parse::html::{HtmlError, readable};

/// What is read of a page: the first of some CSS selectors that finds something.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// CSS selectors, the preferred one first.
    pub selectors: &'a [&'a str],
    /// Whether the whole page is read where none of them finds anything.
    pub else_body: bool,
}

/// The paragraphs of the elements that are wanted, in the form of [`super::paragraphs`]; `None` where
/// nothing is found. An element inside another one that is wanted counts once.
///
/// # Errors
/// When the page would have to be parsed, and is too large or nested too deep for that.
pub fn selected(html: &str, wanted: Wanted<'_>) -> Result<Option<Vec<String>>, HtmlError> {
    if let Some(found) = stream::selected(html, wanted) {
        return Ok(found.0);
    }
    readable(html.as_bytes())?;
    Ok(by_tree(html, wanted))
}

fn by_tree(html: &str, wanted: Wanted<'_>) -> Option<Vec<String>> {
    let tree = Html::parse_document(html);
    let body = wanted.else_body.then_some("body");
    wanted
        .selectors
        .iter()
        .copied()
        .chain(body)
        .filter_map(|selector| Selector::parse(selector).ok())
        .find_map(|selector| {
            let found: Vec<ElementRef<'_>> = tree.select(&selector).collect();
            (!found.is_empty()).then(|| paragraphs(&found))
        })
}

/// The paragraphs of elements in document order.
fn paragraphs(elements: &[ElementRef<'_>]) -> Vec<String> {
    let mut page = Page::default();
    let mut last: Option<ElementRef<'_>> = None;
    for element in elements {
        // Document order: what is inside one that was read comes right after it.
        if last.is_some_and(|outer| is_inside(*element, outer)) {
            continue;
        }
        last = Some(*element);
        walk(*element, &mut page);
        page.end_paragraph();
    }
    page.done
}

fn is_inside(inner: ElementRef<'_>, outer: ElementRef<'_>) -> bool {
    inner
        .ancestors()
        .any(|ancestor| ancestor.id() == outer.id())
}

/// A loop and no recursion, for a hostile page nests as deep as it may.
fn walk(element: ElementRef<'_>, page: &mut Page) {
    let root = element.id();
    let mut node = *element;
    loop {
        let hidden = match node.value() {
            Node::Element(element) if is_hidden(element.name()) => true,
            Node::Element(element) => {
                page.open(element.name());
                false
            }
            Node::Text(text) => {
                page.text(text);
                false
            }
            _ => false,
        };
        if let Some(child) = node.first_child().filter(|_| !hidden) {
            node = child;
            continue;
        }
        loop {
            if let Node::Element(element) = node.value()
                && !is_hidden(element.name())
            {
                page.close(element.name());
            }
            if node.id() == root {
                return;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) => node = parent,
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAIN: Wanted<'_> = Wanted {
        selectors: &["#content", "main"],
        else_body: true,
    };

    #[test]
    fn the_preferred_part_is_read_and_the_rest_is_not() {
        let page = |inner: &str| {
            format!(
                "<!DOCTYPE html><html><head><title>t</title><script>x</script></head><body><nav>menu</nav>{inner}<footer>end</footer></body></html>"
            )
        };
        let read = |inner: &str| selected(&page(inner), MAIN).unwrap().unwrap();
        assert_eq!(read("<main><p>a<p>b<br>c</main>"), ["a", "b", "c"]);
        assert_eq!(
            read("<main>x<div id=content>a <b>b</b><ul><li>c</li></ul></div></main>"),
            ["a b", "- c"]
        );
        assert_eq!(read("<div>a</div>"), ["menu", "a", "end"]);
        let strict = Wanted {
            selectors: &["#gone"],
            else_body: false,
        };
        assert_eq!(selected(&page("<p>a"), strict), Ok(None));
        let complex = Wanted {
            selectors: &["div > p:first-child"],
            else_body: false,
        };
        assert_eq!(
            selected(&page("<div><p>a</p><p>b</p></div>"), complex)
                .unwrap()
                .unwrap(),
            ["a"]
        );
    }

    #[test]
    fn a_page_that_is_well_nested_needs_no_tree() {
        let page = "<html><body><header><svg><path d='x'/><title>i</title></svg><a href=x>m</a></header>\
            <main id=m class='a b'><h1>T</h1><p>One &amp; two<ul><li>x<ul><li>y</li></ul></li></ul>\
            <table><caption>c</caption><thead><tr><th>A</th></tr></thead><tbody><tr><td><p>1</p><p>2</p></td>\
            <td>3</td></tr></tbody></table><script>if (1<2) '</main>'</script></main></body></html>";
        for selectors in [
            &["main"][..],
            &["#m"],
            &[".b"],
            &["main.a"],
            &["table"],
            &["ul"],
        ] {
            let wanted = Wanted {
                selectors,
                else_body: false,
            };
            let fast = stream::selected(page, wanted);
            assert!(fast.is_some(), "{selectors:?}");
            assert_eq!(fast.unwrap().0, by_tree(page, wanted), "{selectors:?}");
        }
    }

    #[test]
    fn a_paragraph_in_a_button_ends_with_it() {
        let page = "<html><body><div><button><p>x</button>a</div></body></html>";
        let found = selected(page, MAIN).unwrap().unwrap();
        assert_eq!(found, ["x", "a"]);
    }

    fn piece() -> impl Strategy<Value = String> {
        let tag = "(/?(div|p|main|section|ul|li|table|tr|td|th|tbody|b|a|span|h1|h2|br|form|select|option|svg|template|title|script|object|noscript|dl|dt|dd|button)( id=content| class=x|/)?)";
        prop_oneof![
            4 => tag.prop_map(|tag| format!("<{tag}>")),
            2 => "[a-c ]{1,3}",
            1 => Just("&nbsp;x&rsquo;".to_owned()),
            1 => Just("<!-- <p> -->".to_owned()),
        ]
    }

    /// Elements that end, so that the fast pass has something to say.
    fn nested() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[a-c ]{1,4}",
            Just("<br>".to_owned()),
            Just("<p>x".to_owned()),
            Just("<script>'<p>'</script>".to_owned()),
            Just("<svg><path/></svg>".to_owned()),
        ];
        leaf.prop_recursive(5, 60, 5, |inner| {
            let many = proptest::collection::vec(inner, 0..5);
            let name = proptest::sample::select(vec![
                "div", "main", "section", "b", "span", "a", "h1", "h2", "ul", "form", "object", "p", "button",
            ]);
            let attribute = proptest::sample::select(vec!["", " id=content", " class=x", " id=content"]);
            prop_oneof![
                4 => (name, attribute, many.clone()).prop_map(|(name, attribute, inner)| format!(
                    "<{name}{attribute}>{}</{name}>",
                    inner.concat()
                )),
                1 => many.clone().prop_map(|items| {
                    let items = items.iter().map(|item| format!("<li>{item}</li>")).collect::<Vec<_>>().concat();
                    format!("<ul>{items}</ul>")
                }),
                1 => many.prop_map(|cells| {
                    let cells = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<Vec<_>>().concat();
                    format!("<table><tr>{cells}</tr></table>")
                }),
            ]
        })
    }

    fn wanted_of(number: usize) -> Wanted<'static> {
        let selectors: &[&str] = match number {
            0 => &["#content", "main"],
            1 => &["div"],
            2 => &[".x"],
            3 => &["table"],
            _ => &["ul", "section.x"],
        };
        Wanted {
            selectors,
            else_body: number == 0,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

        #[test]
        fn the_fast_pass_says_what_the_tree_says_of_wild_pages(
            pieces in proptest::collection::vec(piece(), 0..14), number in 0_usize..5
        ) {
            let page = pieces.concat();
            if let Some(fast) = stream::selected(&page, wanted_of(number)).map(|found| found.0) {
                prop_assert_eq!(fast, by_tree(&page, wanted_of(number)), "{}", page);
            }
        }

        #[test]
        fn the_fast_pass_says_what_the_tree_says_of_nested_pages(
            body in nested(), number in 0_usize..5
        ) {
            let page = format!("<!DOCTYPE html><html><head><title>t</title></head><body>{body}</body></html>");
            if let Some(fast) = stream::selected(&page, wanted_of(number)).map(|found| found.0) {
                prop_assert_eq!(fast, by_tree(&page, wanted_of(number)), "{}", page);
            }
        }
    }
}
