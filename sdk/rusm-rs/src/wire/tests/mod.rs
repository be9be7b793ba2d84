mod types;
mod vectors;
