//! Ages as kubectl writes them: `HumanDuration` of `k8s.io/apimachinery/pkg/util/duration`.

/// `119s`, `5m30s`, `179m`, `3h20m`, `47h`, `5d2h`, `700d`, `3y10d`, `9y`: two units at most, the smaller one only while it matters.
pub fn human_duration(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => two(days, "d", hours % 24, "h"),
        () if hours < 24 * 365 * 2 => format!("{days}d"),
        () if hours < 24 * 365 * 8 => two(years, "y", days % 365, "d"),
        () => format!("{years}y"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit}{small}{small_unit}") }
}

#[cfg(test)]
mod tests {
    use super::human_duration;

    /// The table of apimachinery's own `TestHumanDuration`, and the boundaries between its branches.
    #[test]
    fn rounds_as_kubectl() {
        const M: u64 = 60;
        const H: u64 = 60 * M;
        const D: u64 = 24 * H;
        const Y: u64 = 365 * D;
        for (seconds, text) in [
            (0, "0s"),
            (1, "1s"),
            (70, "70s"),
            (119, "119s"),
            (2 * M, "2m"),
            (5 * M + 30, "5m30s"),
            (9 * M + 59, "9m59s"),
            (10 * M, "10m"),
            (10 * M + 30, "10m"),
            (179 * M + 59, "179m"),
            (3 * H, "3h"),
            (3 * H + 20 * M, "3h20m"),
            (7 * H + 59 * M, "7h59m"),
            (8 * H, "8h"),
            (8 * H + 59 * M, "8h"),
            (47 * H + 59 * M, "47h"),
            (48 * H, "2d"),
            (5 * D + 2 * H, "5d2h"),
            (8 * D - 1, "7d23h"),
            (8 * D, "8d"),
            (8 * D + 23 * H, "8d"),
            (700 * D, "700d"),
            (2 * Y - 1, "729d"),
            (2 * Y, "2y"),
            (2 * Y + D, "2y1d"),
            (3 * Y + 10 * D, "3y10d"),
            (8 * Y - 1, "7y364d"),
            (8 * Y, "8y"),
            (9 * Y + 100 * D, "9y"),
        ] {
            assert_eq!(human_duration(seconds), text, "{seconds} s");
        }
    }
}
