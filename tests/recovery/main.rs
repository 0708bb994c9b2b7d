//! The state folder under failing disks, full disks, power cuts, damage and hostile tars.

#[cfg(unix)]
mod built;
mod crash;
mod damage;
mod failing;
mod folder;
mod full;
mod kill;
#[cfg(unix)]
mod kill_nine;
mod python_tar;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod thousand;
#[cfg(unix)]
mod volumes;
mod world;
