use std::fmt::Write as _;

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) floor: Option<f64>,
    pub(crate) target: Option<Target>,
}

/// What must hold.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// Ours is at most this.
    AtMost(f64),
    /// Ours is at least this many times the floor, which is a rate.
    AtLeastTimesFloor(f64),
    /// Ours is at most this many times the floor.
    TimesFloor(f64),
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self { name: name.into(), unit, ours, floor: None, target: None }
    }

    pub(crate) fn floor(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    fn holds(&self) -> Option<bool> {
        Some(match self.target? {
            Target::AtMost(most) => self.ours <= most,
            Target::AtLeastTimesFloor(times) => self.ours >= self.floor? * times,
            Target::TimesFloor(times) => self.ours <= self.floor? * times,
        })
    }

    fn cells(&self) -> [String; 6] {
        let with_unit = |figure: f64| format!("{} {}", number(figure), self.unit);
        let ratio = self.floor.filter(|floor| *floor > 0.0).map(|floor| self.ours / floor);
        let target = self.target.map(|target| match target {
            Target::AtMost(most) => format!("≤ {}", with_unit(most)),
            Target::AtLeastTimesFloor(times) => format!("≥ {times:.2} × floor"),
            Target::TimesFloor(times) => format!("≤ {times:.2} × floor"),
        });
        let holds = self.holds().map(|holds| if holds { "yes" } else { "NO" }.to_owned());
        [
            self.name.clone(),
            with_unit(self.ours),
            self.floor.map(with_unit).unwrap_or_default(),
            ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            target.unwrap_or_default(),
            holds.unwrap_or_default(),
        ]
    }
}

/// The table, and how many targets are missed.
pub(crate) fn render(rows: &[Row]) -> String {
    let head = ["", "ours", "floor", "ratio", "target", "holds"].map(str::to_owned);
    let lines: Vec<[String; 6]> =
        std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for line in &lines {
        let [name, figures @ .., holds] = line;
        write!(text, "{name:<0$}", widths[0]).unwrap();
        for (figure, width) in figures.iter().zip(&widths[1..]) {
            write!(text, "  {figure:>width$}").unwrap();
        }
        writeln!(text, "  {holds}").unwrap();
    }
    let missed = rows.iter().filter(|row| row.holds() == Some(false)).count();
    writeln!(text, "{missed} of {} targets missed", rows.iter().filter_map(Row::holds).count())
        .unwrap();
    text
}

/// Three digits that matter, or the whole number.
fn number(figure: f64) -> String {
    match figure {
        _ if figure.fract() == 0.0 || figure >= 100.0 => format!("{figure:.0}"),
        _ if figure >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}
