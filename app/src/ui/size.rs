//! Sizes as people read them.

/// In units of 1,000, with one digit after the point below 10. Without floats, whose text costs much.
pub fn size_text(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = ((bytes + 50) / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    let unit = UNITS[unit];
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", (tenths + 5) / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::size_text;

    #[test]
    fn has_two_or_three_digits() {
        let sizes = [
            0,
            999,
            1000,
            1_449,
            9_940,
            12_345,
            999_400,
            1_000_000,
            104_857_600,
            5_000_000_000,
        ];
        let texts = [
            "0 B", "999 B", "1.0 kB", "1.4 kB", "9.9 kB", "12 kB", "999 kB", "1.0 MB", "105 MB",
            "5.0 GB",
        ];
        assert_eq!(sizes.map(size_text), texts);
    }
}
