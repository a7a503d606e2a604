use super::*;
use crate::render::escape::is_dangerous;

const PLAIN: Style = Style {
    width: 60,
    color: false,
};

fn table() -> Table {
    let mut table = Table::new([
        Column::left("code", "Code"),
        Column::right("work_rvu", "Work RVU"),
        Column::left("says", "Says"),
    ]);
    table.push([
        Cell::text("20560").tone(Tone::Strong),
        Cell::text("0.32"),
        Cell::list(["active", "payable if covered"]),
    ]);
    table.push([Cell::text("20561"), Cell::nothing(), Cell::count(3)]);
    table.note("2 codes");
    table
}

#[test]
fn a_table_for_people_is_aligned_and_has_its_notes() {
    let lines = [
        " Code    Work RVU   Says",
        "───────────────────────────────────────",
        " 20560       0.32   active",
        "                    payable if covered",
        " 20561              3",
        "2 codes",
        "",
    ];
    assert_eq!(table().to_text(PLAIN), lines.join("\n"));
}

#[test]
fn a_table_is_wrapped_to_the_width_that_it_is_given() {
    let mut table = table();
    table.push([
        Cell::text("20552"),
        Cell::nothing(),
        Cell::text("word ".repeat(40)),
    ]);
    for width in [40, 60, 100] {
        let text = table.to_text(Style { width, ..PLAIN });
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(
            longest <= Some(usize::from(width)),
            "{width}: {longest:?}\n{text}"
        );
    }
}

#[test]
fn people_and_programs_each_see_their_columns() {
    let mut table = Table::new([
        Column::left("id", "Id").for_programs(),
        Column::left("says", "Says").for_people(),
        Column::left("day", "Day").whole(),
    ]);
    let says = "word ".repeat(30);
    table.push([Cell::text("a1"), Cell::text(says), Cell::text("2020-04-01")]);
    let text = table.to_text(Style { width: 40, ..PLAIN });
    assert!(
        text.contains("Says") && text.contains("2020-04-01"),
        "{text}"
    );
    assert!(!text.contains("Id") && !text.contains("a1"), "{text}");
    assert_eq!(table.to_csv(), "id,day\r\na1,2020-04-01\r\n");
    assert!(
        table
            .to_json()
            .contains(r#"{"id": "a1", "day": "2020-04-01"}"#)
    );
    assert!(table.to_markdown().starts_with("| Says | Day |"));
}

#[test]
fn colour_is_sent_only_when_told() {
    assert!(!table().to_text(PLAIN).contains('\u{1b}'));
    let color = Style {
        color: true,
        ..PLAIN
    };
    assert!(table().to_text(color).contains("\u{1b}["));
}

#[test]
fn an_empty_table_says_only_its_notes() {
    let mut table = Table::new([Column::left("code", "Code")]);
    table.note("nothing changed");
    assert_eq!(table.to_text(PLAIN), "nothing changed\n");
    assert_eq!(table.to_json(), "[]\n");
    assert_eq!(table.to_csv(), "code\r\n");
}

#[test]
fn json_keeps_kinds_and_the_order_of_columns() {
    insta::assert_snapshot!(table().to_json(), @r#"
    [
      {"code": "20560", "work_rvu": "0.32", "says": ["active","payable if covered"]},
      {"code": "20561", "work_rvu": null, "says": 3}
    ]
    "#);
    let parsed: serde_json::Value = serde_json::from_str(&table().to_json()).unwrap();
    assert_eq!(parsed[1]["work_rvu"], serde_json::Value::Null);
    assert_eq!(parsed[0]["says"][1], "payable if covered");
}

#[test]
fn csv_has_keys_and_every_row() {
    assert_eq!(
        table().to_csv(),
        "code,work_rvu,says\r\n20560,0.32,active; payable if covered\r\n20561,,3\r\n"
    );
}

#[test]
fn markdown_is_escaped() {
    let mut table = Table::new([Column::right("says", "Says")]);
    table.push([Cell::text("a|b <i>\n*c*")]);
    assert_eq!(
        table.to_markdown(),
        "| Says |\n| ---: |\n| a\\|b &lt;i&gt;<br>\\*c\\* |\n"
    );
}

#[test]
fn rows_always_have_as_many_cells_as_columns() {
    let mut table = Table::new([Column::left("a", "A"), Column::left("b", "B")]);
    table.push([Cell::flag(true)]);
    table.push([Cell::text("1"), Cell::text("2"), Cell::text("3")]);
    assert_eq!(table.to_csv(), "a,b\r\nyes,\r\n1,2\r\n");
}

proptest::proptest! {
    #[test]
    fn nothing_in_a_cell_can_control_a_terminal(text in "\\PC{0,20}[\\x00-\\x1f\\x7f-\\u{9f}\u{202e}\u{2066}]{1,4}.{0,20}") {
        let mut table = Table::new([Column::left("says", "Says")]);
        table.push([Cell::text(&text)]);
        table.note(&text);
        for out in [table.to_text(PLAIN), table.to_json(), table.to_csv().replace("\r\n", "\n"), table.to_markdown()] {
            let obeyed = out.chars().find(|&c| c != '\n' && is_dangerous(c));
            proptest::prop_assert!(obeyed.is_none(), "{obeyed:?} in {out:?}");
        }
        let parsed: serde_json::Value = serde_json::from_str(&table.to_json()).unwrap();
        proptest::prop_assert_eq!(parsed[0]["says"].as_str(), Some(text.as_str()));
    }
}
