//! Merging, case by case.
