//! Scales of an axis: position of a value, and the labelled marks.

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Starts at zero.
    Linear,
    Logarithmic,
    /// Values are "one of n": each nine of a percentile takes as much space as the one before.
    Percentiles,
}

/// A scale with the range of the values to show.
pub struct Axis {
    scale: Scale,
    from: f64,
    to: f64,
}

impl Axis {
    pub fn over(scale: Scale, values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(0.0, f64::max);
        let (from, to) = match scale {
            Scale::Linear => (0.0, if most > 0.0 { most * 1.1 } else { 1.0 }),
            Scale::Percentiles => (1.0, most.clamp(100.0, 100_000.0)),
            Scale::Logarithmic => {
                let from = 10_f64.powf(least.max(1e-6).log10().floor());
                let to = 10_f64.powf(most.max(1e-5).log10().ceil());
                (from, if to > from { to } else { from * 10.0 })
            }
        };
        Self { scale, from, to }
    }

    /// Position on the axis, from 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            _ => (value / self.from).log10() / (self.to / self.from).log10(),
        };
        share.clamp(0.0, 1.0)
    }

    /// Values of the marks, with their labels.
    pub fn marks(&self) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.to);
                let marks = (0..).map(|nth| f64::from(nth) * step);
                let marks = marks.take_while(|it| *it <= self.to);
                marks.map(|it| (it, label(it))).collect()
            }
            Scale::Logarithmic => self.powers().map(|it| (it, label(it))).collect(),
            Scale::Percentiles => self.powers().map(|it| (it, percentile(it))).collect(),
        }
    }

    fn powers(&self) -> impl Iterator<Item = f64> {
        let (from, to) = (self.from, self.to);
        (0..)
            .map(move |nth| from * 10_f64.powi(nth))
            .take_while(move |it| *it <= to * 1.001)
    }
}

/// Step between marks: about five marks, at round values.
fn step(to: f64) -> f64 {
    let rough = to / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let fitting = steps.iter().find(|it| **it * power >= rough);
    fitting.unwrap_or(&10.0) * power
}

fn label(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

fn percentile(one_of: f64) -> String {
    if one_of < 1.5 {
        return "0".to_owned();
    }
    let text = format!("{:.3}", 100.0 - 100.0 / one_of);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Axis, Scale, label, percentile};

    #[test]
    fn marks_are_round() {
        let axis = Axis::over(Scale::Linear, [3.0, 93.0].into_iter());
        let marks: Vec<_> = axis.marks().into_iter().map(|it| it.1).collect();
        assert_eq!(marks, ["0", "50", "100"]);
        let axis = Axis::over(Scale::Logarithmic, [0.3, 42.0].into_iter());
        let marks: Vec<_> = axis.marks().into_iter().map(|it| it.1).collect();
        assert_eq!(marks, ["0.1", "1", "10", "100"]);
        assert!((axis.place(10.0) - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn labels_are_short() {
        assert_eq!(label(10_000.0), "10 k");
        assert_eq!(label(0.01), "0.01");
        assert_eq!(percentile(1.0), "0");
        assert_eq!(percentile(10.0), "90");
        assert_eq!(percentile(10_000.0), "99.99");
    }
}
