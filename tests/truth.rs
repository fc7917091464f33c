//! The truth suite: netstore's verdicts against packets on a real cluster.
//!
//! Not part of plain `cargo test`, since it needs a cluster of two nodes with its data plane (`tests/cluster/up --nodes 2`,
//! as root): `NETSTORE_STATE=… cargo test --test truth`. Everything is drawn from a seed; a disagreement comes with what it
//! takes to see it again. See `--help`.

mod truth {
    pub mod attempt;
    pub mod blocks;
    pub mod boot;
    pub mod cleanup;
    pub mod cluster;
    pub mod corners;
    pub mod dialer;
    pub mod draw;
    #[path = "../generators/genes.rs"]
    pub mod genes;
    pub mod grid;
    pub mod http;
    pub mod itself;
    pub mod lookups;
    pub mod names;
    pub mod options;
    pub mod predicted;
    pub mod probes;
    pub mod reach;
    pub mod round;
    pub mod samples;
    pub mod services;
    pub mod services_world;
    pub mod storage;
    pub mod tally;
    pub mod through;
    pub mod tiers;
    pub mod world;
}

use std::process::ExitCode;
use std::time::Instant;

use truth::cluster::Cluster;
use truth::dialer::Dialer;
use truth::options::{HELP, Options};
use truth::tally::{self, Tally};

fn main() -> ExitCode {
    if std::env::args().skip(1).any(|arg| arg == "--help" || arg == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let mut tallies = Vec::new();
    if options.wants("itself") {
        let mut tally = Tally::new("itself");
        truth::itself::run(&options, &mut tally);
        tallies.push(tally.end());
    }
    if !options.selftest
        && ["reach", "tiers", "probes", "services", "names", "lookups", "storage", "cleanup"].into_iter().any(|suite| options.wants(suite))
    {
        match Cluster::find() {
            Ok(cluster) => on_cluster(&cluster, &options, &mut tallies),
            Err(why) => {
                let mut tally = Tally::new("cluster");
                tally.case("is there", Err(why));
                tallies.push(tally.end());
            }
        }
    }
    if tally::print(&tallies, start.elapsed()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The suites that need a cluster, in order.
fn on_cluster(cluster: &Cluster, options: &Options, tallies: &mut Vec<Tally>) {
    if options.wants("reach") || options.wants("tiers") {
        let mut tally = Tally::new("reach");
        let ready = truth::boot::world(cluster).and_then(|mut world| Ok((truth::boot::dialer(cluster, &mut world)?, world)));
        match ready {
            Ok((dialer, world)) => {
                eprintln!("reach: {} pods are there after {:.1} s", world.pods.len(), tally.seconds());
                let mut reach = truth::reach::Reach { cluster, world: &world, dialer, wide: &[] };
                if options.wants("reach") {
                    truth::reach::run(&mut reach, options, &mut tally);
                }
                if options.wants("tiers") {
                    let mut tally = Tally::new("tiers");
                    truth::tiers::run(&mut reach, options, &mut tally);
                    tallies.push(tally.end());
                }
            }
            Err(why) => tally.case("the world is brought up", Err(why)),
        }
        if !options.keep
            && let Err(why) = truth::boot::remove(cluster, &truth::world::NAMESPACES)
        {
            tally.case("the world is taken down", Err(why));
        }
        tallies.push(tally.end());
    }
    if options.wants("probes") {
        let mut tally = Tally::new("probes");
        match truth::boot::world(cluster) {
            Ok(world) => {
                let reach = truth::reach::Reach { cluster, world: &world, dialer: Dialer::default(), wide: &[] };
                truth::probes::run(&reach, options, &mut tally);
            }
            Err(why) => tally.case("the world is brought up", Err(why)),
        }
        if !options.keep
            && let Err(why) = truth::boot::remove(cluster, &truth::world::NAMESPACES)
        {
            tally.case("the world is taken down", Err(why));
        }
        tallies.push(tally.end());
    }
    if options.wants("services") {
        let mut tally = Tally::new("services");
        truth::services::run(cluster, options.keep, &mut tally);
        tallies.push(tally.end());
    }
    if options.wants("names") {
        let mut tally = Tally::new("names");
        truth::names::run(cluster, options.keep, &mut tally);
        tallies.push(tally.end());
    }
    if options.wants("lookups") {
        let mut tally = Tally::new("lookups");
        truth::lookups::run(cluster, options.keep, &mut tally);
        tallies.push(tally.end());
    }
    if options.wants("storage") {
        let mut tally = Tally::new("storage");
        truth::storage::run(cluster, &mut tally);
        tallies.push(tally.end());
    }
    if options.wants("cleanup") {
        let mut tally = Tally::new("cleanup");
        truth::cleanup::run(cluster, options.keep, &mut tally);
        tallies.push(tally.end());
    }
}
