//! Whether a point is inside of a figure, in whole numbers.

/// The radius of a figure's own coordinates.
pub(crate) const UNIT: i32 = 1024;

pub(crate) fn in_disc(x: i32, y: i32, radius: i32) -> bool {
    x * x + y * y <= radius * radius
}

pub(crate) fn in_ellipse(x: i32, y: i32, half_width: i32, half_height: i32) -> bool {
    let (x, y) = (
        i64::from(x) * i64::from(half_height),
        i64::from(y) * i64::from(half_width),
    );
    let limit = i64::from(half_width) * i64::from(half_height);
    x * x + y * y <= limit * limit
}

/// Even-odd rule: counts the edges that a ray to the right crosses.
pub(crate) fn in_polygon(corners: &[(i32, i32)], x: i32, y: i32) -> bool {
    let mut inside = false;
    let mut previous = corners[corners.len() - 1];
    for &corner in corners {
        let ((x0, y0), (x1, y1)) = (previous, corner);
        if (y0 > y) != (y1 > y) {
            let side = (x - x0) * (y1 - y0) - (x1 - x0) * (y - y0);
            if (side < 0) == (y1 > y0) {
                inside = !inside;
            }
        }
        previous = corner;
    }
    inside
}
