//! Image formats: layer tars and their index, configs, manifests, layouts, compression, limits.
