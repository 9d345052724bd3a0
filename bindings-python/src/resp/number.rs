//! Integers of any size as decimal digits, and back.
//!
//! CPython itself refuses to convert more than 4,300 digits, since its time grows with their square. Here long numbers are
//! split in halves, so that the time is that of its multiplication and division.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyInt;

/// Numbers of no more digits are converted at once. No interpreter can be set to refuse as few.
const SHORT: usize = 512;
/// No number of as many bits has more than [`SHORT`] digits.
const SHORT_BITS: usize = 1_700;

/// The `int` that decimal digits with an optional sign stand for.
pub(super) fn from_digits<'py>(py: Python<'py>, digits: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match digits {
        [b'-', digits @ ..] => natural(py, digits)?.neg(),
        [b'+', digits @ ..] | digits => natural(py, digits),
    }
}

fn natural<'py>(py: Python<'py>, digits: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    if digits.len() <= SHORT {
        let mut text = [0; SHORT + 1];
        text[..digits.len()].copy_from_slice(digits);
        // SAFETY: the text ends with a NUL; a new reference or an error comes back.
        return unsafe {
            Bound::from_owned_ptr_or_err(
                py,
                ffi::PyLong_FromString(text.as_ptr().cast(), std::ptr::null_mut(), 10),
            )
        };
    }
    let (high, low) = digits.split_at(digits.len() / 2);
    natural(py, high)?
        .mul(power_of_ten(py, low.len())?)?
        .add(natural(py, low)?)
}

/// The decimal digits of an `int`, with a `-` if it is negative.
pub(super) fn to_digits(number: &Bound<'_, PyInt>) -> PyResult<Vec<u8>> {
    let py = number.py();
    let mut digits = Vec::new();
    // A class made from `int` may compute as it likes; its number is what counts.
    let mut rest = py.get_type::<PyInt>().call1((number,))?;
    if rest.lt(0)? {
        digits.push(b'-');
        rest = rest.neg()?;
    }
    push_natural(&rest, 0, &mut digits)?;
    Ok(digits)
}

/// Appends the digits of a number that is not negative, with zeros before them up to `width`.
fn push_natural(number: &Bound<'_, PyAny>, width: usize, digits: &mut Vec<u8>) -> PyResult<()> {
    let bits: usize = number.call_method0("bit_length")?.extract()?;
    if bits <= SHORT_BITS {
        let text = number.str()?;
        let text = text.to_cow()?;
        digits.resize(digits.len() + width.saturating_sub(text.len()), b'0');
        digits.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    // A little less than half of its digits: each is 3.3 bits.
    let low_width = bits / 7;
    let parts = number.divmod(power_of_ten(number.py(), low_width)?)?;
    push_natural(&parts.get_item(0)?, width.saturating_sub(low_width), digits)?;
    push_natural(&parts.get_item(1)?, low_width, digits)
}

fn power_of_ten(py: Python<'_>, exponent: usize) -> PyResult<Bound<'_, PyAny>> {
    10_i32.into_pyobject(py)?.into_any().pow(exponent, py.None())
}
