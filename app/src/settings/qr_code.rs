//! QR codes as SVG.

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// Modules of white around the code (ISO/IEC 18004, 6.3.8).
const BORDER: i32 = 4;

/// Pixels of a module on the page. Scanners need some four.
const MODULE_PIXELS: i32 = 5;

/// The code of a text, black on white in every theme. `None` for a text that is too long for one.
pub fn qr_code_svg(text: &str, label: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let modules = code.size();
    let mut path = String::new();
    for y in 0..modules {
        for x in (0..modules).filter(|x| code.get_module(*x, y)) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{},{}h1v1h-1z", x + BORDER, y + BORDER);
        }
    }
    let side = modules + 2 * BORDER;
    let pixels = side * MODULE_PIXELS;
    Some(format!(
        r##"<svg role="img" aria-label="{label}" viewBox="0 0 {side} {side}" width="{pixels}" height="{pixels}" shape-rendering="crispEdges"><path fill="#fff" d="M0,0h{side}v{side}h-{side}z"/><path fill="#000" d="{path}"/></svg>"##
    ))
}

#[cfg(test)]
mod tests {
    use super::qr_code_svg;

    #[test]
    fn a_text_becomes_one_picture() {
        let svg = qr_code_svg("otpauth://totp/x?secret=GEZDGNBV", "A code").unwrap();
        assert!(svg.starts_with("<svg role=\"img\" aria-label=\"A code\""));
        // The first finder pattern, in its corner.
        assert!(svg.contains("M4,4h1v1h-1z") && svg.contains("M10,4h1v1h-1z"));
        assert!(!svg.contains("M11,4h1v1h-1z"), "white around it");
        assert_eq!(qr_code_svg(&"x".repeat(3000), ""), None);
    }
}
