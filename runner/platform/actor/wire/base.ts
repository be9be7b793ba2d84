/** How many arrays and objects may stand in each other. */
export const DEPTH = 128;

/** The greatest integer that stands as a plain number, and minus the least. */
export const PLAIN_INTEGERS = 2n ** 53n;

/** Begins the keys that mean something to the wire. */
export const DOLLAR = 0x24;
