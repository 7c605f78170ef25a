//! Line plot as a self-contained SVG.

use super::scale::{Axis, Scale};
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 48.0;

/// Parlance has the same colour in every plot.
const PARLANCE_COLOUR: &str = "#2563eb";
const COLOURS: [&str; 8] = [
    PARLANCE_COLOUR,
    "#ea580c",
    "#16a34a",
    "#9333ea",
    "#dc2626",
    "#0891b2",
    "#ca8a04",
    "#4b5563",
];

pub struct Plot {
    pub title: String,
    pub x: (String, Scale),
    pub y: (String, Scale),
    pub lines: Vec<Series>,
    /// Whether each point is marked, because it is a measurement of its own.
    pub has_markers: bool,
}

pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

impl Plot {
    pub fn svg(&self) -> String {
        let points = self.lines.iter().flat_map(|line| line.points.iter());
        let x = Axis::over(self.x.1, points.clone().map(|it| it.0));
        let y = Axis::over(self.y.1, points.map(|it| it.1));
        let mut svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2937">
<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>
<text x="6" y="20" font-size="14" font-weight="600">{}</text>
"##,
            escape(&self.title)
        );
        self.grid(&mut svg, &x, &y);
        let parlance = self.lines.iter().position(|line| line.name == "parlance");
        for (number, line) in self.lines.iter().enumerate() {
            // Parlance takes the first colour; the series before it each take the next one.
            let colour = match parlance {
                Some(parlance) if number == parlance => 0,
                Some(parlance) if number < parlance => number + 1,
                _ => number,
            };
            let colour = COLOURS[colour % COLOURS.len()];
            self.line(&mut svg, line, (number, colour), (&x, &y));
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn grid(&self, svg: &mut String, x: &Axis, y: &Axis) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for (value, label) in y.marks() {
            let at = down(y, value);
            let _ = writeln!(
                svg,
                r##"<path d="M{LEFT} {at:.1}H{right}" stroke="#e5e7eb"/><text x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"##,
                LEFT - 6.0,
                at + 4.0
            );
        }
        for (value, label) in x.marks() {
            let at = across(x, value);
            let _ = writeln!(
                svg,
                r##"<path d="M{at:.1} {TOP}V{bottom}" stroke="#e5e7eb"/><text x="{at:.1}" y="{:.1}" text-anchor="middle">{label}</text>"##,
                bottom + 16.0
            );
        }
        let _ = writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{}</text><text x="6" y="{:.1}">{}</text>"#,
            f64::midpoint(LEFT, right),
            HEIGHT - 12.0,
            escape(&self.x.0),
            TOP - 12.0,
            escape(&self.y.0)
        );
    }

    fn line(
        &self,
        svg: &mut String,
        line: &Series,
        (number, colour): (usize, &str),
        (x, y): (&Axis, &Axis),
    ) {
        let positions = line
            .points
            .iter()
            .map(|it| (across(x, it.0), down(y, it.1)));
        let path: Vec<_> = positions
            .clone()
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect();
        let _ = writeln!(
            svg,
            r#"<path d="M{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            path.join("L")
        );
        if self.has_markers {
            for (x, y) in positions {
                let _ = writeln!(
                    svg,
                    r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#
                );
            }
        }
        let legend = TOP + 8.0 + 18.0 * f64::from(u32::try_from(number).unwrap_or_default());
        let left = WIDTH - RIGHT + 16.0;
        let _ = writeln!(
            svg,
            r#"<rect x="{left}" y="{:.1}" width="12" height="4" fill="{colour}"/><text x="{:.1}" y="{:.1}">{}</text>"#,
            legend - 2.0,
            left + 18.0,
            legend + 4.0,
            escape(&line.name)
        );
    }
}

fn across(axis: &Axis, value: f64) -> f64 {
    LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT)
}

fn down(axis: &Axis, value: f64) -> f64 {
    HEIGHT - BOTTOM - axis.place(value) * (HEIGHT - TOP - BOTTOM)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Plot, Scale, Series};

    #[test]
    fn every_line_is_drawn_and_named() {
        let line = |name: &str, points: &[(f64, f64)]| Series {
            name: name.to_owned(),
            points: points.to_vec(),
        };
        let plot = Plot {
            title: "a & b".to_owned(),
            x: ("members".to_owned(), Scale::Logarithmic),
            y: ("ms".to_owned(), Scale::Linear),
            lines: vec![line("one", &[(10.0, 1.0), (100.0, 2.0)]), line("none", &[])],
            has_markers: true,
        };
        let svg = plot.svg();
        assert!(svg.starts_with("<svg") && svg.contains("a &amp; b"));
        assert!(svg.contains(">one<") && svg.contains(">none<"));
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
