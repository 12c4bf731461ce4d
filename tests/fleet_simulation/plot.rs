//! The plot of the simulation, as SVG: the highest load by size of the fleet, and the load around the end of an outage.

use std::fmt::Write as _;

use super::scenario::{Measured, Scenario};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 400.0;

/// The plotted area of each of the two panels.
const TOP: f64 = 70.0;
const BOTTOM: f64 = 330.0;
const LEFT: [f64; 2] = [60.0, 490.0];
const PANEL: f64 = 330.0;

/// One line of a panel.
struct Line<'a> {
    name: &'a str,
    color: &'a str,
    dashes: &'a str,
    points: Vec<(f64, f64)>,
}

pub(crate) fn draw(all: &[Measured]) -> String {
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">
<title>Requests per second at the server, by size of the fleet, and around the end of an outage</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
"##
    );
    by_size(&mut svg, all);
    around_the_end(&mut svg, all);
    svg.push_str("</svg>\n");
    svg
}

/// The left panel: both axes are logarithmic.
fn by_size(svg: &mut String, all: &[Measured]) {
    let points = |shared, scenario| {
        let of_line = all.iter().filter(move |one| one.shared == shared && one.scenario == scenario);
        of_line.map(|one| (one.processes as f64, f64::from(one.peak))).collect()
    };
    let lines = [
        Line {
            name: "no store, after an outage",
            color: "#c0392b",
            dashes: "",
            points: points(false, Scenario::Outage),
        },
        Line {
            name: "no store, renewal",
            color: "#c0392b",
            dashes: "5 4",
            points: points(false, Scenario::Normal),
        },
        Line {
            name: "store, after an outage",
            color: "#1f6f9f",
            dashes: "",
            points: points(true, Scenario::Outage),
        },
        Line {
            name: "store, renewal",
            color: "#1f6f9f",
            dashes: "5 4",
            points: points(true, Scenario::Normal),
        },
    ];
    let top = highest(&lines).log10().ceil().max(1.0);
    let right = lines.iter().flat_map(|line| &line.points).map(|(x, _)| x.log10()).fold(1.0, f64::max);
    let place = |(x, y): (f64, f64)| {
        let x = LEFT[0] + PANEL * x.log10() / right;
        (x, BOTTOM - (BOTTOM - TOP) * y.max(1.0).log10() / top)
    };
    title(svg, 0, "Highest load: requests in one second", "processes");
    let mut exponent = 0.0;
    while exponent <= top {
        let value = 10_f64.powf(exponent);
        grid(svg, 0, place((1.0, value)).1, &format!("{value}"));
        exponent += 1.0;
    }
    exponent = 0.0;
    while exponent <= right {
        let value = 10_f64.powf(exponent);
        label(svg, place((value, 1.0)).0, BOTTOM + 18.0, "middle", &format!("{value}"));
        exponent += 1.0;
    }
    draw_lines(svg, 0, &lines, place);
}

/// The right panel: the largest fleet, second by second.
fn around_the_end(svg: &mut String, all: &[Measured]) {
    let largest = all.iter().map(|one| one.processes).max().unwrap_or(0);
    let points = |shared| {
        let run = all
            .iter()
            .find(|one| one.processes == largest && one.shared == shared && one.scenario == Scenario::Outage);
        let by_second = run.map(|one| one.around_the_end.as_slice()).unwrap_or_default();
        by_second
            .iter()
            .enumerate()
            .map(|(second, count)| (second as f64 - 60.0, f64::from(*count)))
            .collect()
    };
    let lines = [
        Line { name: "no store", color: "#c0392b", dashes: "", points: points(false) },
        Line { name: "store", color: "#1f6f9f", dashes: "", points: points(true) },
    ];
    // Four parts with round numbers.
    let top = (highest(&lines) / 40.0).ceil().max(1.0) * 40.0;
    let place =
        |(x, y): (f64, f64)| (LEFT[1] + PANEL * (x + 60.0) / 150.0, BOTTOM - (BOTTOM - TOP) * y / top);
    title(
        svg,
        1,
        &format!("{largest} processes: requests per second"),
        "seconds after the end of an outage of 10 minutes",
    );
    for part in 0..=4 {
        let value = top * f64::from(part) / 4.0;
        grid(svg, 1, place((0.0, value)).1, &format!("{value:.0}"));
    }
    for second in [-60.0, -30.0, 0.0, 30.0, 60.0, 90.0] {
        label(svg, place((second, 0.0)).0, BOTTOM + 18.0, "middle", &format!("{second}"));
    }
    let (x, _) = place((0.0, 0.0));
    let _ = writeln!(
        svg,
        r##"<line x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{BOTTOM}" stroke="#888" stroke-dasharray="2 3"/>"##
    );
    draw_lines(svg, 1, &lines, place);
}

fn highest(lines: &[Line<'_>]) -> f64 {
    lines.iter().flat_map(|line| &line.points).map(|(_, y)| *y).fold(0.0, f64::max)
}

fn title(svg: &mut String, panel: usize, text: &str, axis: &str) {
    let middle = LEFT[panel] + PANEL / 2.0;
    let _ = writeln!(
        svg,
        r#"<text x="{middle}" y="24" text-anchor="middle" font-size="14" font-weight="bold">{text}</text>"#
    );
    label(svg, middle, BOTTOM + 40.0, "middle", axis);
}

fn grid(svg: &mut String, panel: usize, y: f64, text: &str) {
    let (left, right) = (LEFT[panel], LEFT[panel] + PANEL);
    let _ = writeln!(svg, r##"<line x1="{left}" y1="{y:.1}" x2="{right}" y2="{y:.1}" stroke="#ddd"/>"##);
    label(svg, left - 6.0, y + 4.0, "end", text);
}

fn label(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
}

fn draw_lines(svg: &mut String, panel: usize, lines: &[Line<'_>], place: impl Fn((f64, f64)) -> (f64, f64)) {
    for (number, line) in lines.iter().enumerate() {
        let Line { name, color, dashes, points } = line;
        let path: Vec<String> =
            points.iter().map(|point| place(*point)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="{dashes}"/>"#,
            path.join(" ")
        );
        let (x, y) = (LEFT[panel] + 12.0, 46.0 + 16.0 * number as f64);
        let _ = writeln!(
            svg,
            r#"<line x1="{x}" y1="{y}" x2="{}" y2="{y}" stroke="{color}" stroke-width="2" stroke-dasharray="{dashes}"/>"#,
            x + 26.0
        );
        label(svg, x + 32.0, y + 4.0, "start", name);
    }
}
