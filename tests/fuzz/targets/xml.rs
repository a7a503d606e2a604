//! XML: what opens closes, and never deeper than allowed.
#![no_main]
use coverd_fuzz::parse::xml::{Element, MAX_DEPTH, Visitor, read};
use libfuzzer_sys::fuzz_target;

#[derive(Default)]
struct Depth(usize);

impl Visitor for Depth {
    fn open(&mut self, element: &Element<'_>) {
        let _ = (element.name(), element.attribute("a"));
        self.0 += 1;
        assert!(self.0 <= MAX_DEPTH);
    }
    fn text(&mut self, _: &str) {}
    fn close(&mut self, _: &str) {
        self.0 = self.0.checked_sub(1).expect("what closes was open");
    }
}

fuzz_target!(|data: &[u8]| {
    let mut depth = Depth::default();
    if read(data, 64 << 10, &mut depth).is_ok() {
        assert_eq!(depth.0, 0, "all is closed");
    }
});
