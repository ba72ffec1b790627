"""What an animal's tests say about its parameters: stored simulations, posteriors, and which tests would tell more."""
