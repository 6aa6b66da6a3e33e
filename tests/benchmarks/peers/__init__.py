"""The netting of a file by other software: one program each, written as one who knows that software would."""
