//! Figures out of measurements on a noisy machine: what two things measured in turns tell together.

/// The middle of some values, which one disturbed slice does not move.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which the given part of all values lies.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    let index = ((last as f64 * part).round() as usize).min(last);
    sorted[index]
}

/// The median of `a / b`, slice by slice.
#[allow(dead_code, reason = "a bench without something to compare with has no ratio")]
pub(crate) fn median_ratio(a: &[f64], b: &[f64]) -> f64 {
    let ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).collect();
    median(&ratios)
}
