//! The guest's file tree: nodes, resolution, mounts, the image tree, the overlay, memory, devices.
