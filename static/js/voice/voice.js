// What the page of a note needs to record.
import "./voice-field.js";
