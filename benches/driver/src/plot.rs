//! The figures as a picture: SVG, drawn by hand because two panels of bars are no reason for a library.

use std::fmt::Write as _;

use crate::figures::{Figure, Results, milliseconds};
use crate::scenario::{Name, scenario};
use crate::variant::Variant;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 200.0;
const ROW: f64 = 26.0;
/// Bars end here, so that their figures have room behind them.
const RIGHT: f64 = 780.0;
/// Beside white and black backgrounds alike.
const INK: &str = "#57606a";

/// One bar: who, how long, and its colour.
struct Bar {
    label: String,
    value: f64,
    colour: &'static str,
}

fn bars(results: &Results, name: Name, figure: Figure) -> Vec<Bar> {
    let colour = |variant: Variant| match variant {
        Variant::Floor => "#8c959f",
        Variant::Ours | Variant::Ledger | Variant::Evacuate => "#cf5a1e",
        Variant::Boto3 => "#3572a5",
        Variant::Node => "#4c8f3c",
    };
    let bar = |variant: &Variant| {
        let value = results.median(name, *variant, figure)?;
        Some(Bar { label: variant.to_string(), value, colour: colour(*variant) })
    };
    scenario(name).variants.iter().filter_map(bar).collect()
}

/// Both panels.
pub(crate) fn plot(results: &Results) -> String {
    let cold = bars(results, Name::Fast, Figure::Cold);
    let warm = bars(results, Name::Slow, Figure::Warm);
    let mut body = String::new();
    let below = panel(&mut body, 24.0, "Cold start: init and first move, AWS at 0 ms (logarithmic)", &cold, true, None);
    let limit = milliseconds(scenario(Name::Slow).limit());
    let height =
        panel(&mut body, below, "Warm move, AWS at 20 ms; the line is three round trips", &warm, false, Some(limit));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<title>Cold and warm moves of a virtual interface, by program</title>\n{body}</svg>\n"
    )
}

/// Draws one panel from `top` on and says where it ends.
fn panel(body: &mut String, top: f64, title: &str, bars: &[Bar], logarithmic: bool, limit: Option<f64>) -> f64 {
    let _ = writeln!(body, "<text x=\"10\" y=\"{top}\" font-weight=\"bold\" fill=\"{INK}\">{title}</text>");
    let scale = |value: f64| if logarithmic { (value.max(1.0)).log10() } else { value };
    let most = bars.iter().map(|bar| scale(bar.value)).fold(f64::MIN_POSITIVE, f64::max);
    let length = |value: f64| (RIGHT - LEFT) * scale(value) / most;
    let mut y = top + 12.0;
    let first = y;
    for Bar { label, value, colour } in bars {
        let (bar, text) = (length(*value).max(1.0), y + ROW - 11.0);
        let figure = if *value < 10.0 { format!("{value:.1} ms") } else { format!("{value:.0} ms") };
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{text}\" text-anchor=\"end\" fill=\"{INK}\">{label}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{bar:.1}\" height=\"{}\" fill=\"{colour}\"/>\n\
             <text x=\"{:.1}\" y=\"{text}\" fill=\"{INK}\">{figure}</text>",
            LEFT - 8.0,
            ROW - 6.0,
            LEFT + bar + 6.0,
        );
        y += ROW;
    }
    if let Some(limit) = limit {
        let x = LEFT + length(limit);
        let _ = writeln!(
            body,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{y}\" stroke=\"{INK}\" stroke-dasharray=\"4 3\"/>",
            first - 4.0
        );
    }
    y + 28.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_drawn_for_each_figure() {
        let bar = |value| Bar { label: "a".to_owned(), value, colour: "red" };
        let mut body = String::new();
        assert!(panel(&mut body, 0.0, "title", &[bar(10.0), bar(100.0)], true, None) > 50.0);
        assert_eq!(body.matches("<rect").count(), 2);
        assert!(body.contains("width=\"290.0\"") && body.contains("width=\"580.0\""), "{body}");
        assert!(plot(&Results::default()).ends_with("</svg>\n"));
    }
}
