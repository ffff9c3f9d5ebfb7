//! `nagaya plugin bench`: what a plugin weighs, and what each of its golden cases takes, in a fresh instance each time.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::test::{fixtures, open, wait};
use crate::plugins::rehearsal::cases;

/// A table for people.
pub fn run(folder: &Path) -> Result<String> {
    let plugin = open(folder)?;
    let scale = plugin.scale()?;
    let weight = scale.weight();
    let mut out = String::new();
    writeln!(
        out,
        "{}: component {} kB, machine code {} kB, compiled in {} ms\n",
        plugin.manifest().id,
        weight.component.div_ceil(1000),
        weight.machine_code.div_ceil(1000),
        weight.compiled_in.as_millis()
    )?;
    writeln!(out, "{:>9} {:>9} {:>10}  case / ケース", "p50 µs", "p99 µs", "fuel")?;
    let micros = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e6);
    for (_, fixture) in fixtures(folder)? {
        for case in cases(&fixture) {
            let timing = wait(scale.measure(&fixture, case))??;
            let title = case["name"].as_str().unwrap_or("?");
            writeln!(out, "{:>9} {:>9} {:>10}  {title}", micros(timing.p50), micros(timing.p99), timing.fuel)?;
        }
    }
    write!(
        out,
        "Instantiation and call together, with the stand-in for the server. / インスタンス生成と呼び出しの合計です。"
    )?;
    Ok(out)
}
