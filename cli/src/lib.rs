pub mod catalogue_file;
