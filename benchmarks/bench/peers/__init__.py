"""One module for each peer. Each has

    NAME                               in the rows
    prepare(batch, work, threads)      a function that computes and returns (loss, gradient, Hessian), where what the
                                       work does not ask for is None; or None where the peer has no way to do it

work is "loss", "gradient" (with the loss), "hessian" (with both). prepare converts the inputs, compiles and warms up,
so that the function it returns does what a user's training step would do and no more. Answers may stay in the peer's
own arrays: batches.check() converts them.
"""
