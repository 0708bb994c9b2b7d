//! The other side of the API: transports, requests, and starting the engine when none answers.
