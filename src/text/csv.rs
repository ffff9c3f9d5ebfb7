//! Comma-separated values: quoted cells may hold commas, line ends and doubled quotes. Spec: RFC 4180

/// The rows of `text`, each a list of cells without their quotes; empty lines are left out. A cell that is not closed
/// ends with the text.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    row.push(cell);
    rows.push(row);
    rows.retain(|row: &Vec<String>| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        for (text, expected) in [
            ("a,b\nc,d\n", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("\u{feff}a\r\n\r\nb", vec![vec!["a"], vec!["b"]]),
            ("\"a,b\",\"say \"\"no\"\"\"\n", vec![vec!["a,b", "say \"no\""]]),
            ("\"two\nlines\",x", vec![vec!["two\nlines", "x"]]),
            ("a,,\n", vec![vec!["a", "", ""]]),
            ("\"open", vec![vec!["open"]]),
            ("", vec![]),
        ] {
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }
}
