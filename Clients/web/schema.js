/**
 * What the welcome says about a game: its kinds of entities, their fields, and the fields of an
 * input. Also the arithmetic of wire numbers that deltas are cut with.
 */

/** The bytes are MessagePack, but not a message that hyoshi.v1 knows. */
export class ProtocolError extends Error {}

/** How a field's values are to be understood, by the number in the welcome. */
export const USES = Object.freeze(["number", "flags", "angle", "coordinate", "seat"]);

const KINDS_MAXIMUM = 32;
const FIELDS_MAXIMUM = 31;
const INPUT_FIELDS_MAXIMUM = 16;
const CAPACITY_MAXIMUM = 65535;

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} use one of USES
 * @property {number} minimum least wire number
 * @property {number} maximum greatest wire number
 * @property {number} step value = wire number × step
 * @property {number} scale value / scale = in `unit`
 * @property {string} unit for flags: the names of the bits from the lowest
 * @property {boolean} wraps
 * @property {number} changeField the field with this field's change per tick, or −1
 * @property {boolean} extrapolates whether deltas are cut against the extrapolated number
 */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {number} capacity
 * @property {Field[]} fields
 * @property {number[]} order field positions, a change field before those that use it
 * @property {Map<string, number>} positions field positions by name
 */

/** @typedef {{kinds: Kind[], inputFields: Field[]}} Schema */

/**
 * @param {boolean} condition
 * @param {string} complaint
 */
export function require(condition, complaint) {
    if (!condition) throw new ProtocolError(complaint);
}

/**
 * An integer in a range, or a ProtocolError.
 * @param {unknown} value
 * @param {number} minimum
 * @param {number} maximum
 * @returns {number}
 */
export function integer(value, minimum, maximum) {
    require(Number.isSafeInteger(value), "a number is missing");
    const number = /** @type {number} */ (value);
    require(number >= minimum && number <= maximum, `a number is out of range: ${number}`);
    return number;
}

/**
 * @param {unknown} value
 * @param {number} longest in UTF-16 units
 * @returns {string}
 */
export function text(value, longest) {
    require(typeof value === "string", "a string is missing");
    return /** @type {string} */ (value).slice(0, longest);
}

/**
 * @param {unknown} value
 * @param {number} longest
 * @returns {any[]}
 */
export function list(value, longest) {
    require(Array.isArray(value), "an array is missing");
    const items = /** @type {any[]} */ (value);
    require(items.length <= longest, "an array is too long");
    return items;
}

/**
 * @param {unknown} value
 * @returns {Field}
 */
function parseField(value) {
    const parts = list(value, 32);
    const field = {
        name: text(parts[0], 64),
        use: USES[integer(parts[1], 0, 255)] ?? "number",
        minimum: integer(parts[2], -0x80000000, 0x7fffffff),
        maximum: integer(parts[3], -0x80000000, 0x7fffffff),
        step: integer(parts[4], 1, 0x7fffffff),
        scale: integer(parts[5], 1, 0x7fffffff),
        unit: text(parts[6], 512),
        wraps: parts[7] === true,
        changeField: parts[8] === null || parts[8] === undefined ? -1 : integer(parts[8], 0, 30),
        extrapolates: false,
    };
    require(field.minimum <= field.maximum, "a field's range is empty");
    return field;
}

/**
 * Field positions such that a change field comes before those that use it.
 * @param {Field[]} fields
 * @returns {number[]}
 */
function decodingOrder(fields) {
    const order = [];
    const placed = new Set();
    while (order.length < fields.length) {
        const before = order.length;
        fields.forEach((field, position) => {
            if (placed.has(position)) return;
            if (field.changeField >= 0 && !placed.has(field.changeField)) return;
            placed.add(position);
            order.push(position);
        });
        require(order.length > before, "change fields refer to each other in a circle");
    }
    return order;
}

/**
 * @param {unknown} value
 * @returns {Kind}
 */
function parseKind(value) {
    const parts = list(value, 32);
    const fields = list(parts[2], FIELDS_MAXIMUM).map(parseField);
    for (const field of fields) {
        if (field.changeField < 0) continue;
        require(field.changeField < fields.length, "a change field does not exist");
        field.extrapolates = fields[field.changeField].step === field.step;
    }
    return {
        name: text(parts[0], 64),
        capacity: integer(parts[1], 0, CAPACITY_MAXIMUM),
        fields,
        order: decodingOrder(fields),
        positions: new Map(fields.map((field, position) => [field.name, position])),
    };
}

/**
 * @param {unknown} inputFields
 * @param {unknown} kinds
 * @returns {Schema}
 * @throws {ProtocolError}
 */
export function parseSchema(inputFields, kinds) {
    return {
        inputFields: list(inputFields, INPUT_FIELDS_MAXIMUM).map(parseField),
        kinds: list(kinds, KINDS_MAXIMUM).map(parseKind),
    };
}

/**
 * Brings a number into a field's range: modulo the turn where it wraps, clamped otherwise.
 * @param {Field} field
 * @param {number} number
 * @returns {number}
 */
export function folded(field, number) {
    const { minimum, maximum } = field;
    if (number >= minimum && number <= maximum) return number;
    if (!field.wraps) return number < minimum ? minimum : maximum;
    const turn = maximum - minimum + 1;
    const rest = (number - minimum) % turn;
    return minimum + (rest < 0 ? rest + turn : rest);
}

/**
 * The number that a field is expected to have `count` ticks after `base`, if its change per tick
 * went evenly from `changeBefore` to `changeNow`.
 * @param {Field} field
 * @param {number} base
 * @param {number} changeBefore
 * @param {number} changeNow
 * @param {number} count 1 to 255
 * @returns {number}
 */
export function extrapolated(field, base, changeBefore, changeNow, count) {
    const growth = Math.floor(((changeNow - changeBefore) * (count + 1)) / 2);
    return folded(field, base + count * changeBefore + growth);
}

/**
 * The number that was sent as `difference`.
 * @param {Field} field
 * @param {number} expected
 * @param {number} difference
 * @returns {number}
 * @throws {ProtocolError} where it is out of a range that does not wrap
 */
export function applied(field, expected, difference) {
    if (field.wraps) return folded(field, expected + difference);
    // Differences are 32-bit: over the widest ranges the sum comes back around.
    const number = (expected + difference) | 0;
    require(number >= field.minimum && number <= field.maximum, "a field is out of its range");
    return number;
}
