"""What every room stands on; knows nothing of articles, reviews or search."""
