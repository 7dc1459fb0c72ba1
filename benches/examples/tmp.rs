//! tmp
use paceline_sim::format::Messages;
fn main() {
    let mut e = paceline_benches::events::Events::default();
    let mut m = Messages::default();
    let mut n = 0;
    let mut bytes = 0;
    let mut last = String::new();
    let t = std::time::Instant::now();
    while n < 5_000_000 {
        e.next_into(&mut m, 10000);
        n += m.len();
        bytes += m.size();
        last = m
            .iter()
            .last()
            .map(|x| {
                format!("{} {:?}", x.time, x.value.map(|v| String::from_utf8_lossy(v).to_string()))
            })
            .unwrap_or_default();
        if n % 1_000_000 < 10_000 {
            println!("{n} opp {} bytes/ev {} last {:.40}", e.opportunities(), bytes / n, last);
        }
    }
    println!("{:?} {last}", t.elapsed());
}
