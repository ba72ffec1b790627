"""The errors of the world: what a user gave and the model does not accept."""


class ParameterError(ValueError):
    """A parameter name or value that a user gave and that the model does not accept."""

    user_facing = True


class UnexpectedKeyword(ParameterError, TypeError):
    """A constructor keyword that is neither an argument nor a parameter.

    It is a `TypeError`, too, because Gymnasium's own environments raise one, and wrappers that try a keyword and then
    do without it look for it.
    """
