//! Plots as SVG, readable on a light and a dark page.

use std::fmt::Write as _;

use super::statistics::Quartiles;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 150.0;
const STYLE: &str = "<style>text{font:13px sans-serif;fill:#777}.b{fill:#3b82f6}.s{stroke:#777;fill:none}\
                     .p{stroke:#3b82f6;stroke-width:2.4;stroke-linecap:round}.m{stroke:#e11d48;stroke-dasharray:4 3}</style>";

fn document(height: f64, title: &str, content: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\
         <title>{title}</title>{STYLE}\n<text x=\"8\" y=\"20\">{title}</text>\n{content}</svg>\n"
    )
}

/// A bar for each value on a logarithmic scale, with its quartiles as a line.
pub(super) fn bars(title: &str, values: &[(&str, Quartiles)]) -> String {
    const ROW: f64 = 26.0;
    let smallest = values.iter().map(|(_, value)| value.lower).fold(f64::INFINITY, f64::min).max(1e-6);
    let largest = values.iter().map(|(_, value)| value.upper).fold(smallest, f64::max);
    let low = smallest.log10().floor();
    let scale = (WIDTH - LEFT - RIGHT) / (largest.log10() - low).max(1e-6);
    let x = |value: f64| LEFT + (value.max(smallest).log10() - low) * scale;
    let mut content = String::new();
    let mut y = 36.0;
    for (label, value) in values {
        let (middle, width) = (y + 9.0, x(value.median) - LEFT);
        let _ = writeln!(
            content,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\
             <rect class=\"b\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\"/>\
             <path class=\"s\" d=\"M{:.1} {middle}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{value}</text>",
            LEFT - 8.0,
            y + 14.0,
            x(value.lower),
            x(value.upper),
            x(value.upper).max(x(value.median)) + 6.0,
            y + 14.0,
        );
        y += ROW;
    }
    document(y + 10.0, title, &content)
}

/// A point for each pair, and a line at each mark of the horizontal axis.
pub(super) fn points(title: &str, axes: [&str; 2], points: &[(f64, f64)], marks: &[f64]) -> String {
    const HEIGHT: f64 = 320.0;
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(1e-6, f64::max);
    let right = largest(&mut points.iter().map(|point| point.0).chain(marks.iter().copied()));
    let top = largest(&mut points.iter().map(|point| point.1));
    let x = |value: f64| 50.0 + value / right * (WIDTH - 70.0);
    let y = |value: f64| HEIGHT - 40.0 - value / top * (HEIGHT - 80.0);
    let mut content = format!(
        "<path class=\"s\" d=\"M50 36V{:.1}H{:.1}\"/><text x=\"50\" y=\"{:.1}\">0</text>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{right:.1} {}</text>\
         <text x=\"56\" y=\"46\">{top:.1} {}</text>\n",
        HEIGHT - 40.0,
        WIDTH - 20.0,
        HEIGHT - 22.0,
        WIDTH - 20.0,
        HEIGHT - 22.0,
        axes[0],
        axes[1],
    );
    for mark in marks {
        let _ = writeln!(content, "<path class=\"m\" d=\"M{:.1} 36V{:.1}\"/>", x(*mark), HEIGHT - 40.0);
    }
    // A line of no length is a point, and shorter than a circle.
    content.push_str("<path class=\"p\" d=\"");
    for (across, up) in points {
        let _ = write!(content, "M{:.1} {:.1}h0", x(*across), y(*up));
    }
    content.push_str("\"/>\n");
    document(HEIGHT, title, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_value_has_a_longer_bar() {
        let value = |median: f64| Quartiles { lower: median * 0.9, median, upper: median * 1.1 };
        let plot = bars("title", &[("a", value(1.0)), ("b", value(100.0))]);
        let widths = plot.split("class=\"b\"").skip(1).map(|bar| {
            bar.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap()
        });
        let widths: Vec<f64> = widths.collect();
        assert!(widths.len() == 2 && widths[0] < widths[1], "{widths:?}");
        assert!(plot.contains("<title>title</title>") && plot.ends_with("</svg>\n"));
    }

    #[test]
    fn points_are_inside_of_the_plot() {
        let plot = points("title", ["s", "ms"], &[(0.0, 0.0), (4.0, 10.0)], &[2.0]);
        assert!(plot.contains("M50.0 280.0h0M740.0 40.0h0"), "{plot}");
        assert_eq!(plot.matches("class=\"m\"").count(), 1);
    }
}
