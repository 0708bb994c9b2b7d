//! The state folder under failing disks, full disks, power cuts, damage and hostile tars.

mod crash;
mod damage;
mod failing;
mod folder;
mod full;
mod python_tar;
mod world;
