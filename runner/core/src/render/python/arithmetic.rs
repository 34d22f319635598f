//! What Python's operators make of two numbers.

use minijinja::{Error, Value};

use crate::render::python::kind::{Number, integer, too_large, type_error};
use crate::render::unsupported;

pub(in crate::render) fn calculate(
    left: Number,
    operator: &str,
    right: Number,
) -> Result<Value, Error> {
    match (left, right) {
        (Number::Whole(left), Number::Whole(right)) => whole(left, operator, right),
        _ => real(left.real(), operator, right.real()),
    }
}

fn whole(left: i128, operator: &str, right: i128) -> Result<Value, Error> {
    let result = match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => return divide(left, right),
        "//" | "%" if right == 0 => return Err(type_error("integer division or modulo by zero")),
        "//" => left
            .checked_div_euclid(right)
            .map(|_| floor_div(left, right)),
        "%" => left
            .checked_rem_euclid(right)
            .map(|_| left - floor_div(left, right) * right),
        "**" if right < 0 && left == 0 => return Err(zero_power()),
        "**" if right < 0 => {
            return real(
                Number::Whole(left).real(),
                "**",
                Number::Whole(right).real(),
            );
        }
        _ => u32::try_from(right)
            .ok()
            .and_then(|right| left.checked_pow(right))
            .or((left == 0 || left == 1).then_some(left))
            .or((left == -1).then_some(if right % 2 == 0 { 1 } else { -1 })),
    };
    result.map(integer).ok_or_else(|| too_large(operator))
}

fn floor_div(left: i128, right: i128) -> i128 {
    let quotient = left / right;
    if left % right != 0 && (left < 0) != (right < 0) {
        quotient - 1
    } else {
        quotient
    }
}

/// The quotient, rounded once as in Python.
fn divide(left: i128, right: i128) -> Result<Value, Error> {
    const EXACT: u128 = 1 << 53;
    const DIGITS: usize = 80;
    if right == 0 {
        return Err(type_error("division by zero"));
    }
    if left.unsigned_abs() <= EXACT && right.unsigned_abs() <= EXACT {
        let quotient = Number::Whole(left).real() / Number::Whole(right).real();
        return Ok(Value::from(quotient));
    }
    // In decimal digits, enough of them to tell on which side of a half it is.
    let (above, below) = (left.unsigned_abs(), right.unsigned_abs());
    let (mut rest, mut text) = (above % below, format!("{}.", above / below));
    for _ in 0..DIGITS {
        let Some(next) = rest.checked_mul(10) else {
            return Err(unsupported::error(
                "a division by a whole number beyond 2^124",
            ));
        };
        text.push_str(&(next / below).to_string());
        rest = next % below;
    }
    if rest > 0 {
        text.push('1');
    }
    let quotient: f64 = text.parse().unwrap_or(f64::INFINITY);
    let negative = (left < 0) != (right < 0);
    Ok(Value::from(if negative { -quotient } else { quotient }))
}

fn zero_power() -> Error {
    type_error("0.0 cannot be raised to a negative power")
}

fn real(left: f64, operator: &str, right: f64) -> Result<Value, Error> {
    let is_zero = |number: f64| number.abs().total_cmp(&0.0).is_eq();
    let result = match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" | "//" | "%" if is_zero(right) => return Err(type_error("float division by zero")),
        "/" => left / right,
        "//" => floor_divide(left, right).0,
        "%" => floor_divide(left, right).1,
        _ if is_zero(left) && right < 0.0 => return Err(zero_power()),
        _ => power(left, right)?,
    };
    Ok(Value::from(result))
}

/// `float.__divmod__`: the quotient is whole, and the rest has the sign of the divisor.
fn floor_divide(left: f64, right: f64) -> (f64, f64) {
    let is_zero = |number: f64| number.abs().total_cmp(&0.0).is_eq();
    let mut rest = left % right;
    let mut quotient = (left - rest) / right;
    if is_zero(rest) {
        rest = 0.0_f64.copysign(right);
    } else if (right < 0.0) != (rest < 0.0) {
        rest += right;
        quotient -= 1.0;
    }
    if is_zero(quotient) {
        return (0.0_f64.copysign(left / right), rest);
    }
    let floor = quotient.floor();
    let floor = if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    };
    (floor, rest)
}

fn power(left: f64, right: f64) -> Result<f64, Error> {
    if left < 0.0 && left.is_finite() && right.is_finite() && right.fract().abs() > 0.0 {
        return Err(unsupported::error("a power that is a complex number"));
    }
    let result = left.powf(right);
    if result.is_infinite() && left.is_finite() && right.is_finite() {
        return Err(type_error(
            "a power is too large for a number with a fraction",
        ));
    }
    Ok(result)
}
