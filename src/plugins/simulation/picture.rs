//! The curves of a simulation as a picture (SVG): who got it when, and how many requests began in each moment.

use std::fmt::Write as _;

use super::Run;

/// A run and how it is called.
#[derive(Debug, Clone, Copy)]
pub struct Line<'r> {
    /// For the legend, in both languages.
    pub name: &'r str,
    /// What happened.
    pub run: &'r Run,
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 740.0;
/// The two panels: arrivals, and load.
const UPPER: (f64, f64) = (64.0, 300.0);
const LOWER: (f64, f64) = (352.0, 470.0);
/// The axis of time is logarithmic, from here (ms) …
const FIRST_MS: f64 = 50.0;
/// Colours that people with colour blindness can tell apart, and different strokes.
const STROKES: [(&str, &str); 2] = [("#0072b2", "7 4"), ("#d55e00", "none")];
/// Columns of the lower panel.
const COLUMNS: usize = 80;

/// Draws up to two runs over the same hosts; `title` stands above.
pub fn draw(title: &str, lines: &[Line<'_>]) -> String {
    let last = lines.iter().flat_map(|line| line.run.arrived_ms.iter().flatten()).max().copied().unwrap_or(1_000);
    let axis = Axis { last_ms: (last as f64).max(FIRST_MS * 10.0) * 1.1 };
    let load: Vec<Vec<f64>> = lines.iter().map(|line| axis.load(line.run)).collect();
    let most = load.iter().flatten().copied().fold(1.0, f64::max);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 530" font-family="sans-serif" font-size="13" role="img" aria-label="{0}"><rect width="{WIDTH}" height="530" fill="#fff"/><text x="{LEFT}" y="24" font-size="16">{0}</text>"##,
        escape(title)
    );
    label(&mut svg, LEFT, UPPER.0 - 10.0, "start", "servers that have it, in % / 届いたサーバーの割合（%）");
    label(&mut svg, LEFT, LOWER.0 - 10.0, "start", "requests begun per second / 毎秒の送信数");
    for percent in [0, 25, 50, 75, 100] {
        let y = scale(f64::from(percent) / 100.0, UPPER);
        rule(&mut svg, (LEFT, y), (RIGHT, y));
        label(&mut svg, LEFT - 8.0, y + 4.0, "end", &percent.to_string());
    }
    for share in [0.0, 0.5, 1.0] {
        let y = scale(share, LOWER);
        rule(&mut svg, (LEFT, y), (RIGHT, y));
        label(&mut svg, LEFT - 8.0, y + 4.0, "end", &format!("{:.0}", most * share));
    }
    for (ms, name) in axis.marks() {
        let x = axis.x(ms);
        rule(&mut svg, (x, UPPER.0), (x, UPPER.1));
        rule(&mut svg, (x, LOWER.0), (x, LOWER.1));
        label(&mut svg, x, LOWER.1 + 18.0, "middle", name);
    }
    for (at, line) in lines.iter().enumerate().take(STROKES.len()) {
        let (color, dash) = STROKES[at];
        let stroke = format!(r#"fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="{dash}""#);
        let _ = write!(svg, r#"<polyline {stroke} points="{}"/>"#, axis.arrivals(line.run));
        let columns = load[at].iter().enumerate().fold(String::new(), |mut points, (column, rate)| {
            let x = LEFT + (RIGHT - LEFT) * (column as f64 + 0.5) / COLUMNS as f64;
            let _ = write!(points, "{x:.1},{:.1} ", scale(rate / most, LOWER));
            points
        });
        let _ = write!(svg, r#"<polyline {stroke} points="{columns}"/>"#);
        let y = 508.0;
        let x = LEFT + at as f64 * 320.0;
        let _ = write!(svg, r#"<line {stroke} x1="{x}" y1="{y}" x2="{}" y2="{y}"/>"#, x + 36.0);
        label(&mut svg, x + 44.0, y + 4.0, "start", line.name);
    }
    svg.push_str("</svg>\n");
    svg
}

struct Axis {
    last_ms: f64,
}

impl Axis {
    fn share(&self, ms: f64) -> f64 {
        ((ms.max(FIRST_MS) / FIRST_MS).ln() / (self.last_ms / FIRST_MS).ln()).clamp(0.0, 1.0)
    }

    fn x(&self, ms: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * self.share(ms)
    }

    fn marks(&self) -> Vec<(f64, &'static str)> {
        let marks = [
            (100.0, "0.1 s"),
            (1_000.0, "1 s"),
            (10_000.0, "10 s"),
            (60_000.0, "1 min"),
            (600_000.0, "10 min"),
            (3_600_000.0, "1 h"),
            (21_600_000.0, "6 h"),
        ];
        marks.into_iter().filter(|(ms, _)| *ms <= self.last_ms).collect()
    }

    /// One point for each pixel is enough.
    fn arrivals(&self, run: &Run) -> String {
        let all = run.arrived_ms.len().max(1) as f64;
        let mut points = format!("{LEFT},{:.1}", UPPER.1);
        let mut before = (0.0, UPPER.1);
        for (ms, count) in run.curve() {
            let next = (self.x(ms as f64), scale(count as f64 / all, UPPER));
            if next.0 - before.0 >= 1.0 || before.1 - next.1 >= 1.0 || count as f64 == all {
                let _ = write!(points, " {:.1},{:.1}", next.0, next.1);
                before = next;
            }
        }
        let _ = write!(points, " {RIGHT},{:.1}", before.1);
        points
    }

    /// Requests per second in each column.
    fn load(&self, run: &Run) -> Vec<f64> {
        let mut counts = vec![0_usize; COLUMNS];
        for ms in &run.begun_ms {
            counts[((self.share(*ms as f64) * COLUMNS as f64) as usize).min(COLUMNS - 1)] += 1;
        }
        let edge = |column: usize| FIRST_MS * (self.last_ms / FIRST_MS).powf(column as f64 / COLUMNS as f64);
        let seconds = |column: usize| {
            let from = if column == 0 { 0.0 } else { edge(column) };
            ((edge(column + 1) - from) / 1_000.0).max(0.001)
        };
        counts.into_iter().enumerate().map(|(column, count)| count as f64 / seconds(column)).collect()
    }
}

fn scale(share: f64, (top, bottom): (f64, f64)) -> f64 {
    bottom - (bottom - top) * share.clamp(0.0, 1.0)
}

fn rule(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let _ = write!(
        svg,
        r##"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="#ddd"/>"##,
        from.0, from.1, to.0, to.1
    );
}

fn label(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = write!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#, escape(text));
}

fn escape(text: &str) -> String {
    crate::text::render::escape(text)
}

#[cfg(test)]
mod tests {
    use super::super::{Hosts, Limits, network, play};
    use super::*;

    #[test]
    fn a_picture_is_small_and_well_formed_and_shows_both_plans() {
        let targets = network(Hosts { count: 2_000, slow: 0.3, seed: 1 });
        let run = play(&targets, &[], Limits { in_flight: 256, cpu_us: 450 });
        let lines = [Line { name: "built-in / 標準", run: &run }, Line { name: "a <policy>", run: &run }];
        let svg = draw("2,000 servers & more", &lines);
        assert!(svg.len() < 40_000, "{} bytes", svg.len());
        assert!(svg.contains("a &lt;policy&gt;") && svg.contains("2,000 servers &amp; more") && svg.contains("1 min"));
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert_eq!(svg.matches('<').count(), svg.matches('>').count());
        // Nobody at all is a picture, too.
        assert!(draw("nobody", &[Line { name: "x", run: &Run::default() }]).ends_with("</svg>\n"));
    }
}
