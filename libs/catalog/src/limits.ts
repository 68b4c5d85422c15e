/** Bounds of a governance folder. What is larger is no governance by hand any more and would not fit a commit. */

/** Most YAML files of one folder. */
export const MAX_FILES = 256;

/** Most bytes of one file. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** Most bytes of all files together. */
export const MAX_FOLDER_BYTES = 8 * 1024 * 1024;

/** Most times that one file's aliases may be expanded, so that a few lines cannot become gigabytes. */
export const MAX_ALIASES = 100;

/** Most problems that one load reports; a reader mends those first. */
export const MAX_PROBLEMS = 200;
